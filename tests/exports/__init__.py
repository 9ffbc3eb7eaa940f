"""The rules written for Great Expectations, dbt and Soda, run by these tools on data with planted mistakes.

`python -m tests.exports` makes an environment for each under .quality/ (once; the pip index is needed), and says for
each rule what the tool counts beside what Vigie counts. It leaves with 1 where one differs.
"""
