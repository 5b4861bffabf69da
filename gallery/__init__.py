"""The report as four different businesses get it; `docs/gallery.md` shows them.

`python -m gallery NAME` invents the business's files, runs the playbook on them as on any client's, and takes the pictures.
"""
