"""Figures of the records that the core returns, by matplotlib, one file a figure.

matplotlib is imported where a figure is drawn, never here: `import workbench` must not need it.
"""
