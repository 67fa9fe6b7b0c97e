"""The Chinese of what frames pages and lists: evidence, environment, zone, filters, panel."""

FRAMED = {
    "usual": "平常",
}
