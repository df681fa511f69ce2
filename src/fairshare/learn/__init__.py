"""Learning: the handbook, the myths, a search over everything that is said, and a quiz per topic."""

from fairshare.learn.handbook import Chapter, Handbook, Paragraph, load_handbook
from fairshare.learn.myths import Myth, load_myths, myths_for_fact
from fairshare.learn.quiz import MarkedAnswer, Question, Quiz, QuizResult, Topic, load_quiz, mark_quiz
from fairshare.learn.search import Hit, Piece, join_pieces, search
from fairshare.learn.ties import list_dangling_ties

__all__ = [
    "Chapter",
    "Handbook",
    "Hit",
    "MarkedAnswer",
    "Myth",
    "Paragraph",
    "Piece",
    "Question",
    "Quiz",
    "QuizResult",
    "Topic",
    "join_pieces",
    "list_dangling_ties",
    "load_handbook",
    "load_myths",
    "load_quiz",
    "mark_quiz",
    "myths_for_fact",
    "search",
]
