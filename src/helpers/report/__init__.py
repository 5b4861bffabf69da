"""The look: pieces a notebook shows, charts, and the one HTML file a client receives.

`pieces` and `document` know no matplotlib; `charts` and `style` know no HTML. Values arrive worded and formatted.
"""
