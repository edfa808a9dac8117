"""The tables of the ledger: what was promoted, and what a person rejected."""

import sqlalchemy as sa

_LEDGER = sa.MetaData()

PROMOTIONS = sa.Table(
    "promotions",
    _LEDGER,
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("seq", sa.Integer, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("previous_version", sa.Integer),
    sa.Column("kind", sa.String(16), nullable=False),
    sa.Column("decided_at", sa.DateTime, nullable=False),
    sa.Column("decided_by", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text),
    sa.Column("model_sha256", sa.String(64)),
    sa.UniqueConstraint("model", "seq"),
    sa.CheckConstraint("kind in ('promote', 'rollback')"),
)

REJECTIONS = sa.Table(
    "rejections",
    _LEDGER,
    sa.Column("model", sa.String(100), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("run_id", sa.String(64), nullable=False),
    sa.Column("verdict", sa.String(200), nullable=False),
    sa.Column("champion", sa.Integer),
    sa.Column("decided_at", sa.DateTime, nullable=False),
    sa.Column("decided_by", sa.String(200), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("model_sha256", sa.String(64)),
    sa.UniqueConstraint("run_id", "verdict"),
)
