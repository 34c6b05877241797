"""What text_lm writes after 50, 100 and 300 articles, beside real ones: `python experiments/news_topics/texts.py`."""

from __future__ import annotations

import time

import torch

from synthmix.api import load_dataset, make_generator
from synthmix.data.split import split
from synthmix.quality.texts import scores_of_texts

SIZES = (50, 100, 300)
SEED = 1  # of the split
COLUMNS = ("bleu", "bleu_floor", "self_bleu", "self_bleu_floor", "copied_8grams", "copied_8grams_floor", "perplexity")


def main() -> None:
    torch.set_num_threads(1)
    news = load_dataset("bbc_news")
    print("n", "CPU seconds of training", *COLUMNS, sep=" | ")
    for n in SIZES:
        splits = split(news, seed=SEED, n_train=n, n_val=None, n_test=None, n_reserve=0).unlabelled()
        start = time.process_time()
        model = make_generator("text_lm").fit(splits.train, seed=0)
        seconds = time.process_time() - start
        scores = scores_of_texts(model, splits, 0)
        print(n, f"{seconds:.0f}", *(f"{scores[name]:.3f}" for name in COLUMNS), sep=" | ")
        print(model.texts(1, 0)[0])


if __name__ == "__main__":
    main()
