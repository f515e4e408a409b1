"""`python -m benchmarks.edit_corpus [cases] [seed]`: run the corpus, print what became of it."""

import sys

from benchmarks.edit_corpus.judging import judged, report

if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:]]
    tally = judged(*numbers) if numbers else judged()
    print(report(tally))
    sys.exit(0 if tally.holds else 1)
