"""The files of the known data sets: official name, MD5 and mirrors. Light: imports no torch.

MD5s: torchvision's for MNIST, Fashion-MNIST, KMNIST and CIFAR-10; those of datasets-mila's git-annex for the
npz form of KMNIST. USPS and pendigits publish none: theirs are of copies that agree, by SHA-256, with other
people's.
"""

from __future__ import annotations

from synthmix.data.sources.files.retrieval import KnownFile

CODH = ("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",)


def _idx_files(mirrors: tuple[str, ...], *md5s: str) -> tuple[KnownFile, ...]:
    names = ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
    return tuple(KnownFile(f"{name}-ubyte.gz", md5, mirrors) for name, md5 in zip(names, md5s, strict=True))


# Training images, training labels, test images, test labels.
IDX_FILES = {
    "mnist": _idx_files(
        ("https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/"),
        "f68b3c2dcbeaaa9fbdd348bbdeb94873",
        "d53e105ee54ea40749a09fcbcd1e9432",
        "9fb629c4189551a2d022fa330f9573f3",
        "ec29112dd5afa0611ce80d1b7f02629c",
    ),
    "fashion_mnist": _idx_files(
        (
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
        ),
        "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
        "25c81989df183df01b3e8a0aad5dffbe",
        "bef4ecab320f06d8554ea6380940ec79",
        "bb300cfdad3c16e7a12a480ee83cd310",
    ),
    "kmnist": _idx_files(
        CODH,
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    ),
}

# The same four arrays, each alone in an npz.
KMNIST_NPZ_FILES = (
    KnownFile("kmnist-train-imgs.npz", "a183fbc01ed9a345513b145673d3d0bb", CODH),
    KnownFile("kmnist-train-labels.npz", "b0e1d240e8afec72b50437fc3bc5908a", CODH),
    KnownFile("kmnist-test-imgs.npz", "dace6de62ca8b90843cc45366337d02e", CODH),
    KnownFile("kmnist-test-labels.npz", "3ae489a79983d0fe386152684e3b5412", CODH),
)

_STATISTICAL_LEARNING = (
    "https://hastie.su.domains/ElemStatLearn/datasets/",
    "https://web.stanford.edu/~hastie/ElemStatLearn/datasets/",
)
USPS_TRAIN = KnownFile("zip.train.gz", "206835541ea704bcfb4b6eea872678bf", _STATISTICAL_LEARNING)
USPS_TEST = KnownFile("zip.test.gz", "f9350e940232b89f1dc8f8eacac88625", _STATISTICAL_LEARNING)

CIFAR10_ARCHIVE = KnownFile(
    "cifar-10-python.tar.gz", "c58f30108f718f92721af3b95e74349a", ("https://www.cs.toronto.edu/~kriz/",)
)
# The first 4,000 training and 1,000 test images; no public mirror.
CIFAR10_SUBSET = KnownFile("cifar10_lossless_subset.npz", "6e69002dce0e60c5e40645e907e701dc")

_UCI = ("https://archive.ics.uci.edu/ml/machine-learning-databases/pendigits/",)
PENDIGITS_TRAIN = KnownFile("pendigits.tra", "8496aa7aa9bfc0e11f56ed4eba23d079", _UCI)
PENDIGITS_TEST = KnownFile("pendigits.tes", "275078cd1761461e3cf39a3926c6ca2f", _UCI)

_ADBENCH = (
    "https://raw.githubusercontent.com/Minqi824/ADBench/3dac8221081e190f157d78e93bfa8867f90d0965/adbench/datasets/Classical/",
)
ADBENCH = {
    "cardio": KnownFile("6_cardio.npz", "3724aeab845964e929fd8d3d95475490", _ADBENCH),
    "mnist": KnownFile("24_mnist.npz", "860892dc3da88d8e057d0968db2c86c3", _ADBENCH),
    "satellite": KnownFile("30_satellite.npz", "8a6ac72b1cdc1174f255af1400ac6f2f", _ADBENCH),
    "shuttle": KnownFile("32_shuttle.npz", "e9a3feba52aae57bfa914accf65a049a", _ADBENCH),
    "thyroid": KnownFile("38_thyroid.npz", "92ecac40ecc0e8a721a7f22aea27968a", _ADBENCH),
}

BBC_NEWS = KnownFile("bbc-fulltext.zip", "002c8eacb656285227c4ce213fdb1d8e", ("http://mlg.ucd.ie/files/datasets/",))
