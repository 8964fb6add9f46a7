/**
 * How a figure is written: bytes with binary prefixes, seconds and FLOPs with SI ones, three significant digits.
 * The same rules as `workbench/viz/quantity_text.py`; a browser test holds the two together.
 */

const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi"];
const SI = new Map([[-9, "n"], [-6, "µ"], [-3, "m"], [0, ""], [3, "k"], [6, "M"], [9, "G"], [12, "T"], [15, "P"]]);
const SCALED = new Set(["s", "FLOP", "FLOP/s", "B/s"]);

export function threeDigits(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return value.toFixed(Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value)))));
}

export function write(value: number, unit: string): string {
  if (unit === "1") return Number.isInteger(value) ? value.toLocaleString("en") : threeDigits(value);
  if (unit === "B") {
    const size = Math.abs(value);
    const power = size < 1 ? 0 : Math.min(BINARY.length - 1, Math.floor(Math.log2(size) / 10));
    return `${power ? threeDigits(value / 1024 ** power) : value.toFixed(0)} ${BINARY[power]}B`;
  }
  if (SCALED.has(unit) && value) {
    const power = Math.min(15, Math.max(-9, 3 * Math.floor(Math.log10(Math.abs(value)) / 3)));
    return `${threeDigits(value / 10 ** power)} ${SI.get(power)}${unit}`;
  }
  return `${Math.abs(value) >= 1000 ? Math.round(value).toLocaleString("en") : threeDigits(value)} ${unit}`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
