"""Attention on two levels: which sentence of a report decides what it says, and which word of the sentence.

A hierarchical attention network learns from 2000 short reports of a hotel whether the writer praises it, calls it
ordinary, or complains. What counts is what the writer says, of the hotel, now: the same words are said by others, of
other places and times. Nobody tells the network which sentence counts. Then it reads longer reports.
"""

from foveation.figures import save_figure
from neural.figures.documents import document_figure
from neural.sequences.documents import DocumentClassifier
from neural.sequences.reports import generated_documents

lessons = generated_documents(2000, 0, decoys=(1, 3), fillers=(0, 2))
network = DocumentClassifier(units=16, hidden=32).fit(
    [lesson.text for lesson in lessons], [lesson.label for lesson in lessons], rng=1, epochs=3, learning_rate=1e-2
)
reports = generated_documents(3, 5, fillers=(5, 8))
readings = network.predict([report.text for report in reports])
figure = document_figure(
    *readings,
    headings=[f"Report {number}: {report.label}. The network" for number, report in enumerate(reports, start=1)],
    planted=[(report.sentence, report.word) for report in reports],
)
save_figure(figure, "document_01_two_levels.png")
