"""CPU time and peak memory of the clusterers that could need the distances of all pairs, on 60,000 points.

Run: python experiments/speed/clusterers.py [NAME ...]        (kmedoids needs the extra `kmedoids`)

Each clusterer of conf/clusterer is fitted, and predicts 10,000 new points, in a process of its own on one thread. The
points lie in 10 dimensions: ten Gaussian blobs with unit variance, and a tenth of them uniform noise. Memory is the
peak of the process (`resource.getrusage`), the imports included.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time

THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
NAMES = ("dbscan", "hdbscan", "spectral", "agglomerative", "birch", "kmedoids")
SETTINGS = {"kmedoids": {"sample_size": 5000}}  # all pairs of 60,000 points are refused
N_POINTS, N_NEW, DIMENSION, N_CLUSTERS = 60_000, 10_000, 10, 10


def measure(name: str) -> str:
    import numpy as np
    from sklearn.datasets import make_blobs
    from sklearn.metrics import adjusted_rand_score

    from synthmix.config.cell import check_member
    from synthmix.config.composing.composer import composer
    from synthmix.config.instantiate import instantiate
    from synthmix.config.plain import plain

    x, y = make_blobs(N_POINTS + N_NEW, n_features=DIMENSION, centers=N_CLUSTERS, random_state=0)
    rng = np.random.default_rng(0)
    noise = rng.random(len(x)) < 0.1
    x[noise] = rng.uniform(x.min(axis=0), x.max(axis=0), size=(noise.sum(), DIMENSION))
    x = x.astype(np.float32)
    with composer() as compose:
        node = plain(compose([f"clusterer={name}"]).clusterer) | SETTINGS.get(name, {})
    given = {"n_clusters": N_CLUSTERS} if "n_clusters" in node else {}
    clusterer = instantiate(check_member(node | given, "clusterer"))
    if "random_state" in clusterer.get_params():
        clusterer.set_params(random_state=0)
    started = time.process_time()
    clusterer.fit(x[:N_POINTS])
    fitted = time.process_time()
    predicted = clusterer.predict(x[N_POINTS:])
    ended = time.process_time()
    ari = adjusted_rand_score(y[N_POINTS:][~noise[N_POINTS:]], predicted[~noise[N_POINTS:]])
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    return f"{name},{fitted - started:.1f},{ended - fitted:.1f},{memory:.2f},{ari:.3f}"


def main() -> None:
    if sys.argv[1:2] == ["--one"]:
        print(measure(sys.argv[2]), flush=True)
        return
    print("clusterer,fit_cpu_s,predict_cpu_s,peak_gib,ari_of_points_that_are_no_noise", flush=True)
    for name in sys.argv[1:] or NAMES:
        one = [sys.executable, __file__, "--one", name]
        subprocess.run(one, check=True, env={**os.environ, **dict.fromkeys(THREADS, "1")})


if __name__ == "__main__":
    main()
