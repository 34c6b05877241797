"""What a user gets wrong is told in one line a fault, with exit code 2, before anything is started."""

from __future__ import annotations

import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

TOP = (
    "clusterer, data, gate, metrics, mix, model, paths, quality, representation, seed, study, task, threads, tracking, "
    "trainer, tuning"
)
TOP_ANOMALY = TOP.replace("clusterer, data", "data, detector")
BY = "clusterer is read with task=clustering or task=representation"
OF_CLUSTERING = f"task.name=anomaly_detection has none; allowed: detector; {BY}"
OF_ANOMALIES = "task.name=clustering has none; allowed: clusterer; detector is read with task=anomaly_detection"
ALLOWLIST = "not in the allowlist; allowed: synthmix., pyod.models., sklearn.cluster., "
STORES = "must begin with one of sqlite, http, https, postgresql, mysql, mssql, databricks; e.g. sqlite:///mlflow.db"
IMAGES = "square images of 28 pixels or a multiple of 8 up to 64"
GRAMMAR = "must be KEY=VALUE, with quotes around special characters"

# What is given, and the lines that answer it; a line that ends in … is the beginning of one.
BAD: list[tuple[str, list[str]]] = [
    # keys
    ("model.stepz=3", ["model.stepz=3: unknown key; did you mean steps? allowed: batch_size, beta, …"]),
    ("study.score=foo", ["study.score=foo: allowed: acc, …"]),
    (
        "-m model=vae,duplicate model.steps=9",
        ["model.steps=9: unknown key of model=duplicate; allowed: name"],
    ),
    ("sede=3", [f"sede=3: unknown key; did you mean seed? allowed: {TOP}"]),
    ("+mix.ration=1", ["mix.ration=1: unknown key; did you mean ratio? allowed: ratio, synthetic_weight"]),
    (
        "data.root=/tmp",
        [
            "data.root=/tmp: unknown key; allowed: hide, hide_mechanism, impute, missing, n_reserve, n_test, "
            "n_train, n_val, name, normal_class, pollute, pollute_share"
        ],
    ),
    (
        "representation=vae representation.generator.beto=1",
        ["representation.generator.beto=1: unknown key; did you mean beta? allowed: …"],
    ),
    ("hydra.run.dirr=x", ["hydra.run.dirr=x: unknown key; did you mean dir? allowed: dir"]),
    ("~model._target_ ~gate", ["model: names no _target_", "gate: missing"]),
    ("~gate", ["gate: missing"]),
    # types
    ("seed=x", ["seed=x: must be an integer"]),
    ("seed=1.0", ["seed=1.0: must be an integer"]),
    ("model.steps=true", ["model.steps=true: must be an integer"]),
    ("model.networks.hidden=128", ["model.networks.hidden=128: must be a list"]),
    ("model.networks.hidden=[128,0]", ["model.networks.hidden=[128, 0]: each element must be ≥ 1"]),
    ("mix=3", ["mix=3: must be a group of keys"]),
    ("paths.store=null", ["paths.store=null: must be a text"]),
    ("trainer.precision=16", ["trainer.precision=16: allowed: 32-true, bf16-mixed"]),
    ("tracking.pictures=yes_please", ["tracking.pictures=yes_please: must be true or false or null"]),
    # ranges
    ("mix.ratio=-1", ["mix.ratio=-1: must be ≥ 0"]),
    ("mix.ratio=-0.5", ["mix.ratio=-0.5: must be ≥ 0"]),
    ("mix.ratio=nan", ["mix.ratio=nan: must be a finite number"]),
    ("mix.ratio=inf", ["mix.ratio=inf: must be a finite number"]),
    ("mix.ratio=1e9", ["mix.ratio=1e+09: must be ≤ 3.125e+05, for a mixture of at most 2e+09 values"]),
    ("seed=4294967296", ["seed=4294967296: must be ≥ 0 and ≤ 4294967295"]),
    ("mix.synthetic_weight=0", ["mix.synthetic_weight=0: must be > 0"]),
    ("model=gan model.beta1=1.0", ["model.beta1=1.0: must be ≥ 0 and < 1"]),
    ("model.learning_rate=-1e-3", ["model.learning_rate=-0.001: must be > 0"]),
    ("threads=0", ["threads=0: must be ≥ 1"]),
    ("seed=-1", ["seed=-1: must be ≥ 0 and ≤ 4294967295"]),
    ("quality.alarms.coverage=1.5", ["quality.alarms.coverage=1.5: must be ≥ 0 and ≤ 1"]),
    ("quality.alarms.cover=1", ["quality.alarms.cover=1: unknown key; did you mean coverage? allowed: …"]),
    ("trainer.choose=fd_classifier", ["trainer.choose=fd_classifier: allowed: last, fd_pca, kid"]),
    ("trainer.choose_every=0", ["trainer.choose_every=0: must be ≥ 1 or null"]),
    # groups
    ("model=ganz", ["model=ganz: no such member; allowed: autoencoder, …"]),
    (
        "clusterer=dec clusterer.pretrainign.steps=5",
        ["clusterer.pretrainign.steps=5: unknown key; did you mean pretraining? …"],
    ),
    ("experiment=nope", ["experiment=nope: no such member; allowed: anomaly_detection, customer_segments, …"]),
    ("modle=gan", [f"modle=gan: unknown key; did you mean model? allowed: {TOP}"]),
    ("gate=[none,none]", ["gate=[none,none]: no such member; allowed: authentic, discriminator, …"]),
    ("gate=null", ["gate=null: no such member; allowed: authentic, discriminator, …"]),
    (
        "gate=top_k model=vae",
        ["gate.name=top_k: model.name=vae has no discriminator; allowed: adversarial models"],
    ),
    ("gate=typicality gate.lowest=0.9 gate.highest=0.5", ["gate.lowest=0.9: must be < gate.highest=0.5"]),
    ("gate=authentic gate.factor=-1", ["gate.factor=-1: must be ≥ 0"]),
    ("data=[1]", ["data=[1]: no such member; allowed: adbench, …"]),
    ("clusterer=[null]", ["clusterer=[null]: no such member; allowed: agglomerative, …"]),
    ("+model=${oc.env:NOPE,null}", ["model=${oc.env:NOPE,null}: no such member; allowed: autoencoder, …"]),
    ("clusterer=${oc.select:nope,3}", ["clusterer=${oc.select:nope,3}: no such member; allowed: agglomerative, …"]),
    ("model=../model/gan", ["model=../model/gan: no such member; allowed: autoencoder, …"]),
    ("~gate=-0", ["~gate=-0: no such member; allowed: authentic, …"]),
    ("-m model=gan,[1],null", ["model=[1]: no such member; …", "model=null: no such member; …"]),
    ("hydra/launcher=cloud", ["hydra/launcher=cloud: no such member; allowed: basic, joblib, …"]),
    # sizes of the data
    ("data.n_train=5000", ["data.n_train=5000: must be ≤ 1000 (1797 points less 497 test and 300 val)"]),
    ("data=mnist data.n_train=60001", ["data.n_train=60001: must be ≤ 40000 (60000 points less 10000 val and …"]),
    ("data.n_val=1400", ["data.n_val=1400: leaves no point to learn from (1797 points less 497 test and 1400 val)"]),
    ("data=mnist data.n_test=5", ["data.n_test=5: must be null (the official test set of 10000 points is used whole)"]),
    ("clusterer.n_clusters=101", ["clusterer.n_clusters=101: must be ≤ 100 (data.n_train)"]),
    (
        "clusterer=kprototypes representation=pca",
        [
            "clusterer.name=kprototypes: data.name=digits has no columns of known types; must be a table: …",
            "representation.name=pca: clusterer.name=kprototypes reads the columns of the rows themselves; must be …",
        ],
    ),
    (
        "data=table data.path=rows.csv clusterer=gower_kmedoids clusterer.n_clusters=2 clusterer.table_columns=[a]",
        ["clusterer.table_columns=[a]: unknown key; allowed: k_max, max_iter, n_clusters, n_init, name, …"],
    ),
    ("data.n_train=5", ["clusterer.n_clusters=null: 10 known classes: must be ≤ 5 (data.n_train)"]),
    (
        "clusterer=som clusterer.rows=3 clusterer.columns=3",
        ["clusterer.n_clusters=null: 10 known classes: must be ≤ 9 (clusterer.rows × clusterer.columns)"],
    ),
    ("model=smote model.n_neighbors=100", ["model.n_neighbors=100: must be < 100 (data.n_train)"]),
    ("model=smote model.n_neighbors=1000 data.n_train=null", ["model.n_neighbors=1000: must be < 1000 (points to …"]),
    ("representation=pca representation.n_components=65", ["representation.n_components=65: must be ≤ 64 (values …"]),
    (
        "representation=pca representation.n_components=40 data.n_train=30",
        ["representation.n_components=40: must be ≤ 30 (data.n_train)"],
    ),
    # models that do not suit the data
    (
        "data=toy model=dcgan",
        [f"model.name=dcgan: data.name=toy has 2 columns; must be {IMAGES}"],
    ),
    ("data=toy model=gan model.output=tanh", ["model.output=tanh: data.name=toy has no bounds; allowed: auto, none"]),
    (
        "data=toy model.likelihood=bernoulli",
        ["model.likelihood=bernoulli: data.name=toy has no bounds; allowed: auto, gaussian"],
    ),
    (
        "data=pendigits representation=vae representation.generator.likelihood=bernoulli",
        ["representation.generator.likelihood=bernoulli: data.name=pendigits has no bounds; allowed: auto, gaussian"],
    ),
    ("model=truth", ["model.name=truth: data.name=digits has no known distribution; allowed: data=toy"]),
    (
        "clusterer=gmm clusterer.search.reg_covar=[.1,-1]",
        ["clusterer.search.reg_covar=[0.1, -1]: -1 must be ≥ 0"],
    ),
    (
        "quality.extractors=[pca,classifier]",
        ["quality.extractors=classifier: data.name=digits has no reserve of images (data.n_reserve)"],
    ),
    ("quality.extractors=[inception]", ["quality.extractors=[inception]: each element allowed: pixels, pca, …"]),
    (
        "data=table data.path=rows.csv clusterer.n_clusters=2 model=smote quality.supervised=true",
        ["quality.supervised=true: data.name=rows has no labels"],
    ),
    ("quality.supervised=1", ["quality.supervised=1: must be true or false"]),
    (
        "quality.inception_weights=nowhere.pth data=toy model=smote",
        ["quality.inception_weights=nowhere.pth: data.name=toy has no images of 1 or 3 channels"],
    ),
    # tasks
    *((f"task=anomaly_detection {words}", [line]) for words, line in {
        "data=table data.path=rows.csv data.n_train=50 data.normal_class=0":
            "task.name=anomaly_detection: data.name=rows has no labels that tell anomalies",
        "": "data.normal_class=null: must be the class of normal points, 0 to 9",
        "data.normal_class=10": "data.normal_class=10: must be the class of normal points, 0 to 9",
        "data=adbench data.normal_class=2": "data.normal_class=2: must be the class of normal points, 0 to 1",
        "data=adbench data.n_train=null": "data.n_train=null: must be a number, since how many normal points are …",
        "data=adbench task.contamination=0": "task.contamination=0: must be > 0 and ≤ 0.5 or null",
        "data=adbench task.contamination=.6": "task.contamination=0.6: must be > 0 and ≤ 0.5 or null",
        "data=adbench task.flagged_share=1": "task.flagged_share=1: must be > 0 and < 1",
        "data=adbench detector=knn detector.n_neighbors=50": "detector.n_neighbors=50: must be < 50 (data.n_train)",
        "data=adbench detector=kmeans": "detector=kmeans: no such member; allowed: ecod, isolation_forest, …",
        "data=adbench clusterer=gmm": f"clusterer=gmm: {OF_CLUSTERING}",
        "data=adbench a=1": f"a=1: unknown key; allowed: {TOP_ANOMALY}",
        "data=adbench study.score=ari": "study.score=ari: allowed: average_precision, f1, false_alarm_rate, …",
        "data=adbench study.choose_by=silhouette": "study.choose_by=silhouette: allowed: average_precision, f1, …",
        "data=adbench detector=knn mix.synthetic_weight=.5":
            "mix.synthetic_weight=0.5: detector.name=knn takes no sample weights, as it counts neighbours; must be 1",
        "data=adbench +clusterer=gmm": f"clusterer=gmm: {OF_CLUSTERING}",
    }.items()),
    *((f"task=compression {words}", [line]) for words, line in {
        "codec.n_components=65": "codec.n_components=65: must be ≤ 64 (values of a point)",
        "codec.n_components=40 data.n_train=30": "codec.n_components=40: must be ≤ 30 (data.n_train)",
        "codec=autoencoder codec.latent_dim=65": "codec.latent_dim=65: must be ≤ 64 (values of a point)",
        "codec=vae data.n_train=1 model=duplicate": "data.n_train=1: must be ≥ 2 for codec.name=vae",
        "codec=vector_quantisation codec.n_parts=65": "codec.n_parts=65: must be ≤ 64 (values of a point)",
        "codec=vector_quantisation codec.n_codewords=101": "codec.n_codewords=101: must be ≤ 100 (data.n_train)",
        "codec=vector_quantisation task.bits=7": "task.bits=7: must be ≤ 6, or codec.n_codewords a number, as each …",
        "codec=conv_autoencoder data=pendigits codec.latent_dim=4":
            "codec.name=conv_autoencoder: data.name=pendigits has 16 columns; must be square images of …",
        "codec=vae +codec.search.latent_dim=[4]":
            "codec.search.latent_dim=[4]: unknown key; allowed: batch_size, hidden, …",
        "task.bits=0": "task.bits=0: must be ≥ 1 and ≤ 16",
        "task.bits=17": "task.bits=17: must be ≥ 1 and ≤ 16",
        "representation=pca":
            "representation.name=pca: task.name=compression rebuilds the points themselves; must be identity",
        "mix.synthetic_weight=.5":
            "mix.synthetic_weight=0.5: codec.name=pca takes no sample weights, as scikit-learn's PCA has none; …",
    }.items()),
    *((f"task=classification {words}", [line]) for words, line in {
        "data=table data.path=rows.csv data.n_train=50":
            "task.name=classification: data.name=rows has no labels to learn classes from",
        "data.n_train=1 model=duplicate": "data.n_train=1: must be ≥ 2 for task.name=classification, as one point is …",
        "data=toy model=truth task.labels=per_class":
            "task.labels=per_class: model.name=truth knows no class of its points; must be self_training",
        "model=gan gate=top_k task.labels=per_class": "gate.name=top_k: no discriminator of all classes with task.lab…",
        "trainer.choose=kid task.labels=per_class": "trainer.choose=kid: compares with all classes; must be last …",
        "task.labels=own": "task.labels=own: allowed: self_training, per_class",
        "task.confidence=1.5": "task.confidence=1.5: must be ≥ 0 and ≤ 1",
        "classifier=knn classifier.n_neighbors=101": "classifier.n_neighbors=101: must be ≤ 100 (data.n_train)",
        "classifier=knn mix.synthetic_weight=.5":
            "mix.synthetic_weight=0.5: classifier.name=knn takes no sample weights, as it counts neighbours; must be 1",
        "+classifier.search.C=[1,10]":
            "classifier.search=[C]: task.name=classification is supervised, and tuning sees no label; must be empty",
        "clusterer=gmm": "clusterer=gmm: task.name=classification has none; allowed: classifier; clusterer is read …",
    }.items()),
    *((f"task=classification {words}", [f"task.test_data={line}"]) for words, line in {
        "task.test_data=usp": "usp: is no data set that synthmix brings; allowed: mnist, usps, null",
        "task.test_data=digits": "digits: data.name=digits is that set, and null takes its own test set; allowed: …",
        "data=mnist task.test_data=fashion_mnist":
            "fashion_mnist: its classes are pieces of clothing, those of data.name=mnist the digits 0 to 9; allowed: …",
        "task.test_data=table": "table: no other set is known to have its classes, if it has any; allowed: mnist, …",
        "task.test_data=pendigits":
            "pendigits: its points are of 16 values, those of data.name=digits of 1×8×8; must be images of as many …",
        "data=toy model=duplicate task.test_data=usps":
            "usps: its classes are the digits 0 to 9, those of data.name=toy are its own; allowed: null",
        "task.test_data=3": "3: must be a text or null",
    }.items()),
    ("task.test_data=usps", ["task.test_data=usps: unknown key; allowed: bootstraps, name"]),
    ("codec=vae", ["codec=vae: task.name=clustering has none; allowed: clusterer; codec is read with task=comp…"]),
    ("detector=knn", [f"detector=knn: {OF_ANOMALIES}"]),
    ("detector.n_neighbors=3", [f"detector.n_neighbors=3: {OF_ANOMALIES}"]),
    ("+detector=knn", [f"detector=knn: {OF_ANOMALIES}"]),
    (
        "data.pollute=dirt",
        ["data.pollute=dirt: allowed: none, outliers, duplicates, shuffled, mislabelled"],
    ),
    ("data.pollute=outliers data.pollute_share=1", ["data.pollute_share=1: must be ≥ 0 and < 1"]),
    (
        "data.pollute=outliers data.pollute_share=.02 data.n_train=50",
        ["data.pollute_share=0.02: pollutes none of the 50 points of train; must be 0 or ≥ 0.0214"],
    ),
    (
        "data.pollute=outliers data.n_train=1 model=duplicate",
        [
            "data.pollute_share=0.1: pollutes none of the 1 points of train; must be 0",
            "clusterer.n_clusters=null: 10 known classes: must be ≤ 1 (data.n_train)",
        ],
    ),
    *((words, [line]) for words, line in {
        "data.hide=.2 data.missing=impute":
            "data.hide=0.2: data.name=digits is no table; must be 0",
        "data=toy data.hide=.6 data.missing=impute": "data.hide=0.6: must be ≥ 0 and ≤ 0.5",
        "data=toy data.hide=.2":
            "data.missing=refuse: data.hide=0.2 leaves values to be filled; must be impute or model",
        "data=toy data.hide=.2 data.missing=drop":
            "data.missing=drop: data.hide=0.2 leaves values to be filled; must be impute or model",
        "data=toy data.hide=.2 data.missing=impute data.impute=mean":
            "data.impute=mean: allowed: median, knn, iterative, mixture, null",
        "data=toy data.hide=.2 data.missing=impute data.hide_mechanism=random":
            "data.hide_mechanism=random: allowed: completely_at_random, at_random, not_at_random",
        "data=toy data.n_train=20 data.hide=.001 data.missing=impute":
            "data.hide=0.001: hides none of the 20 × 2 values of train; must be 0 or ≥ 0.0251",
        "data=toy data.hide=.2 data.missing=impute data.pollute=outliers":
            "data.pollute=outliers: data.hide=0.2 hides values of clean rows; must be none",
        "data=toy data.missing=model":
            "data.missing=model: model.name=vae needs complete rows; must be impute, or a model that fits incomplete …",
        "data=toy data.missing=model model=duplicate task=classification task.labels=per_class":
            "data.missing=model: task.labels=per_class fits generators to complete rows; must be impute",
    }.items()),
    (
        "data.pollute_share=.2",
        ["data.pollute_share=0.2: data.pollute=none does not read it; must be 0 or 0.1, or name what pollutes …"],
    ),
    (
        "data.pollute=mislabelled",
        [
            "data.pollute=mislabelled: task.name=clustering gives no label of train to anything that learns; "
            "allowed: none, outliers, duplicates, shuffled"
        ],
    ),
    ("data.normal_class=3", ["data.normal_class=3: task.name=clustering does not read it; must be null"]),
    ("data=adbench data.normal_class=1", ["data.normal_class=1: task.name=clustering does not read it; must be 0"]),
    (
        "-m task=anomaly_detection data=adbench detector=knn,ecod detector.n_neighbors=3",
        ["detector.n_neighbors=3: unknown key of detector=ecod; allowed: name, search"],
    ),
    (
        "-m task=clustering,anomaly_detection data=adbench seed=0,1",
        ["task=clustering,anomaly_detection: a study has one task; run one study for each"],
    ),
    # files
    (
        "data=table data.path=rows.csv data.dates=parts clusterer.n_clusters=2",
        ["data.dates=parts: data.path=rows.csv has no column of dates; must be number"],
    ),
    ("data=table data.path=rows.csv data.numeric=log", ["data.numeric=log: allowed: standardise, quantile"]),
    ("data=table", ["data.path=null: must name a file, such as a .csv, .xlsx, .parquet or .npz"]),
    ("data=table data.path=no.csv", ["data.path=no.csv: no such file"]),
    ("data=image_folder", ["data.path=null: must name a folder of png, jpg or tif files"]),
    ("data=image_folder data.path=no", ["data.path=no: no such folder"]),
    ("data=image_folder data.path=rows.csv", ["data.path=rows.csv: is a file, must be a folder"]),
    (
        "data=image_folder data.path=.",
        ["data.path=.: rows.csv must end in .png, .jpg, .jpeg, .tif, .tiff"],
    ),
    ("data=image_folder data.image_size=7", ["data.image_size=7: must be ≥ 8 and ≤ 64 or null"]),
    ("data=image_folder data.channels=2", ["data.channels=2: allowed: 1, 3, null"]),
    ("data=image_folder data.labels=names", ["data.labels=names: allowed: auto, folders, none"]),
    ("data=text", ["data.path=null: must name a folder or a zip of texts, or a table with a column of them"]),
    ("data=text data.path=no", ["data.path=no: no such file or folder"]),
    ("data=text data.path=rows.csv data.text_column=a", ["data.text_column=a: line 2 of data.path=rows.csv holds …"]),
    ("data=text data.path=.", ["data.path=.: rows.csv must end in .txt, .text, .md, or have no ending"]),
    ("data=text data.max_df=0", ["data.max_df=0: must be > 0 and ≤ 1"]),
    ("data=table data.path=rows.csv", ["clusterer.n_clusters=null: the data has no known classes; give a number ≥ 2"]),
    ("trainer.resume_from=no.ckpt", ["trainer.resume_from=no.ckpt: no such file"]),
    ("trainer.resume_from=rows.csv", ["trainer.resume_from=rows.csv: must be the checkpoint of a training (last.…"]),
    ("tracking.experiment=''", ["tracking.experiment='': must be a name"]),
    ("tracking.uri=foo://bar", [f"tracking.uri=foo://bar: {STORES}"]),
    # what may be built
    ("model._target_=os.system", [f"model._target_=os.system: {ALLOWLIST}…"]),
    ("model._target_=torch.load", [f"model._target_=torch.load: {ALLOWLIST}…"]),
    ("representation=standardize representation.estimator._target_=joblib.load", [
        f"representation.estimator._target_=joblib.load: {ALLOWLIST}…"
    ]),
    (
        "model._target_=synthmix.stages.store.torch.load",
        ["model._target_=synthmix.stages.store.torch.load: not a member of …"],
    ),
    (
        "model=flow_matching model.networks._target_=synthmix.generators.gan.networks.ResidualNetworks",
        [
            "model.networks._target_=synthmix.generators.gan.networks.ResidualNetworks: "
            "allowed: synthmix.generators.flow.velocity.VelocityNetworks"
        ],
    ),
    (
        "model=r3gan_residual model.networks._target_=synthmix.generators.flow.velocity.VelocityNetworks",
        ["model.networks._target_=synthmix.generators.flow.velocity.VelocityNetworks: allowed: synthmix.gener…"],
    ),
    ("model._target_=sklearn.cluster.KMeans", ["model._target_=sklearn.cluster.KMeans: not a member of model; …"]),
    ("clusterer._target_=sklearn.cluster.KMeanz", ["clusterer._target_=sklearn.cluster.KMeanz: cannot be imported …"]),
    (
        "clusterer=sklearn clusterer._target_=sklearn.cluster.AgglomerativeClustering",
        ["clusterer._target_=sklearn.cluster.AgglomerativeClustering: must be a class with fit, predict"],
    ),
    (
        "clusterer=sklearn clusterer._target_=sklearn.ensemble.ExtraTreesClassifier",
        ["clusterer._target_=sklearn.ensemble.ExtraTreesClassifier: its fit needs y; must need points alone"],
    ),
    ("clusterer=sklearn +clusterer.treshold=.3", ["clusterer.treshold=0.3: unknown key; did you mean threshold? …"]),
    ("+model._partial_=true", ["model._partial_=true: unknown key; allowed: batch_size, …"]),
    # the grammar of overrides
    ("model=[gan", [f"model=[gan: {GRAMMAR}"]),
    ("mix.ratio", [f"mix.ratio: {GRAMMAR}"]),
    ("=3 ünï=3", [f"ünï=3: {GRAMMAR}", f"=3: {GRAMMAR}"]),
    ("--ratio=3", ["--ratio=3: no such switch; allowed: -m, --dry-run, …"]),
    ("mix.ratio=0,1", ["mix.ratio=0,1: several values; add -m to sweep over them, or write a list as [1,2]"]),
    ("-m seed=range(2,2)", ["seed=range(2,2): sweeps over no value, so that there is no cell"]),
    ("model.steps=${nope.x}", ["model.steps: Interpolation key 'nope.x' not found"]),
    ("hydra.searchpath=[file:///no/conf]", ["hydra.searchpath: /no/conf is not available"]),
    ("seed=" + "[" * 600 + "]" * 400, [f"seed={'[' * 600}{']' * 400}: {GRAMMAR}"]),
    ("hydra.mode=FOO", ["hydra.mode=FOO: hydra.mode: Invalid value 'FOO', expected one of [RUN, MULTIRUN]"]),
    # paths
    (f"data=table data.path={'x' * 300}", [f"data.path={'x' * 300}: …"]),
    (f"trainer.resume_from={'x' * 300}", [f"trainer.resume_from={'x' * 300}: File name too long"]),
    # several at once, and in several cells
    ("mix.ratio=two model.stepz=3", ["model.stepz=3: unknown key; did you mean steps? …", "mix.ratio=two: must be a…"]),
    (
        "seed=x a=1 model=ganz model.steps=0 gate=nope",
        ["model=ganz: no such member; …", "gate=nope: no such member; …", "a=1: unknown key; …", "seed=x: must be a…"],
    ),
    ("task._target_=0 codec=vae", ["codec=vae: unknown key; …", "task: names no _target_"]),
    ("~task codec=vae", ["codec=vae: unknown key; …"]),
    ("-m mix.ratio=0,1 seed=range(nan) a=1", ["seed=range(nan): must be range(START,STOP,STEP) …", "a=1: unknown …"]),
    (
        "seed=-1 mix.ratio=-1 model.steps=0 trainer.log_every=x",
        [
            "seed=-1: must be ≥ 0 and ≤ 4294967295",
            "mix.ratio=-1: must be ≥ 0",
            "trainer.log_every=x: must be an integer",
            "model.steps=0: must be ≥ 1",
        ],
    ),
    ("a=1 model.b=2", [f"a=1: unknown key; allowed: {TOP}", "model.b=2: unknown key; allowed: batch_size, beta, …"]),
    ("-m mix.ratio=-1,0,-2 seed=0,1", ["mix.ratio=-1: must be ≥ 0", "mix.ratio=-2: must be ≥ 0"]),
    (
        "data=toy model=dcgan clusterer=gmm data.n_train=4",
        [
            f"model.name=dcgan: data.name=toy has 2 columns; must be {IMAGES}",
            "clusterer.n_clusters=null: 5 known classes: must be ≤ 4 (data.n_train)",
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("words", "lines"), BAD, ids=[words for words, _ in BAD])
def test_a_fault_is_one_line_and_exit_code_2(words: str, lines: list[str], command: Callable[..., Any]) -> None:
    Path("rows.csv").write_text("a,b\n" + "".join(f"{number},{number % 7}\n" for number in range(200)))
    answer = command("validate", *words.split())
    assert (answer.code, answer.out) == (2, "")
    told = answer.err.splitlines()
    assert len(told) == len(lines)
    for line, expected in zip(told, lines, strict=True):
        assert line == expected or (expected.endswith("…") and line.startswith(expected[:-1]))
    assert "Traceback" not in answer.err
    assert [path.name for path in Path().iterdir()] == ["rows.csv"]


def test_validate_shows_the_columns_of_a_table_and_says_what_it_found(command: Callable[..., Any]) -> None:
    rows = "".join(f"{number},5;{'red' if number % 3 else 'blue'};{number % 7}\n" for number in range(60))
    Path("rows.csv").write_text(f"a;b;c\n{rows}1,5;;3\n")
    words = ["data=table", "data.path=rows.csv", "data.missing=impute", "clusterer.n_clusters=2", "model=duplicate"]
    answer = command("validate", *words, "--describe")
    assert answer.code == 0
    assert "data.separator=;: found in data.path=rows.csv\n" in answer.err
    assert "data.decimal=,: found in data.path=rows.csv\n" in answer.err
    assert answer.out.splitlines() == [
        "61 rows, 3 columns",
        "column  type         missing  levels or range  becomes",
        "a       numeric      0        0.5 to 59.5      standardised",
        "b       categorical  1        blue, red        2 values, one for each level, 1 apart, filled by most frequent",
        "c       integer      0        0 to 6           standardised",
        "valid: 1 cell",
    ]


def test_validate_shows_the_columns_of_a_table_whose_missing_values_it_refuses(command: Callable[..., Any]) -> None:
    Path("rows.csv").write_text("a,b\n" + "".join(f"{i},{i % 7 or ''}\n" for i in range(60)))
    words = ["data=table", "data.path=rows.csv", "clusterer.n_clusters=2", "model=duplicate", "--describe"]
    answer = command("validate", *words)
    assert answer.code == 2
    assert answer.out.splitlines() == [
        "with data.missing=impute:",
        "60 rows, 2 columns",
        "column  type     missing  levels or range  becomes",
        "a       integer  0        0 to 59          standardised",
        "b       integer  9        1 to 6           standardised, filled by median",
    ]
    (line,) = answer.err.splitlines()
    assert line.startswith("data.path=rows.csv: line 2, column b: missing value; go on with data.missing=impute")
    assert command("validate", *words, "mix.ratio=-1").out == ""
    assert command("validate", *words, "data.missing=refuse").out == ""


# The same through `run`: nothing is left behind, no store and no output folder.
STARTED_NOTHING = [
    ("mix.ratio=-1", "mix.ratio=-1: must be ≥ 0"),
    ("-m model=gan,vae model.steps=0", "model.steps=0: must be ≥ 1"),
    ("data=mnist data.root=damaged", "data.root=damaged: damaged/mnist/train-images-idx3-ubyte.gz has the MD5 "),
    ("-m data=pendigits data.root=no seed=0,1", "data.root=no: "),
    (
        "tracking.uri=sqlite:////proc/mlflow.db",
        "tracking.uri=sqlite:////proc/mlflow.db: cannot be used (unable to open",
    ),
    ("tracking.uri=http://127.0.0.1:1", "tracking.uri=http://127.0.0.1:1: cannot be used (<urlopen error "),
]


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing file is not to be had from anywhere."""
    monkeypatch.setattr(urllib.request, "_opener", None)  # made once a process, with the proxies of that moment
    for variable in ("http_proxy", "https_proxy"):
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize(("words", "line"), STARTED_NOTHING, ids=[words for words, _ in STARTED_NOTHING])
def test_run_starts_nothing_where_the_input_is_wrong(words: str, line: str, command: Callable[..., Any]) -> None:
    Path("damaged/mnist").mkdir(parents=True)
    Path("damaged/mnist/train-images-idx3-ubyte.gz").write_bytes(b"not what it was")
    answer = command("run", *words.split())
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith(line)
    assert answer.err.count("\n") == 1
    assert [path.name for path in Path().iterdir()] == ["damaged"]


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
@pytest.mark.parametrize("words", ["trainer=gpu", "-m trainer=default,gpu"])
def test_a_gpu_that_is_not_there_is_told_before_anything_is_started(words: str, command: Callable[..., Any]) -> None:
    answer = command("run", *words.split())
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "trainer.accelerator=gpu: torch finds no GPU here; allowed: cpu, auto\n"
    assert list(Path().iterdir()) == []


@pytest.mark.usefixtures("no_network")
def test_a_process_of_its_own_says_and_leaves_the_same(process: Callable[..., Any], tmp_path: Path) -> None:
    answer = process("run", "data=pendigits", "data.root=no", fresh=True)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err.startswith("data.root=no: ")
    assert answer.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
