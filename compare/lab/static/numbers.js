// Numbers as people read them.

const MINUS = "−";

/** Four significant digits; an exponent only where the number is very large or small. */
export function short(value, digits = 4) {
  if (!Number.isFinite(value)) return String(value);
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e6) return withMinus(value.toExponential(Math.min(digits, 3) - 1));
  return withMinus(String(Number(value.toPrecision(digits))));
}

/** The same with + before what is positive. */
export function signed(value, digits = 4) {
  return value > 0 ? `+${short(value, digits)}` : short(value, digits);
}

/** The same number of decimals for all of an array whose largest is this: they align. */
export function fixed(value, largest) {
  const size = Math.abs(largest) || 1;
  const decimals = size >= 100 ? 0 : size >= 0.1 ? 2 : Math.min(6, 1 - Math.floor(Math.log10(size)));
  const text = withMinus(value.toFixed(decimals));
  return /[1-9]/.test(text) ? text : text.replace(MINUS, "");
}

/** A further term of a sum: − 1.7. */
export function added(value) {
  return `${value < 0 ? MINUS : "+"} ${short(Math.abs(value))}`;
}

/** A fraction in per cent, never the 100.0 or 0.0 of a certainty that no network has. */
export function percent(fraction) {
  if (fraction >= 0.9995) return "> 99.9 %";
  if (fraction < 0.0005) return "< 0.1 %";
  return `${(100 * fraction).toFixed(1)} %`;
}

/** Seconds in the unit that suits. */
export function seconds(value) {
  if (value >= 1) return `${value.toPrecision(3)} s`;
  if (value >= 1e-3) return `${(1e3 * value).toPrecision(3)} ms`;
  return `${Math.round(1e6 * value)} µs`;
}

/** A whole number, its digits in groups of three. */
export function grouped(value) {
  return Math.round(value).toLocaleString("en-US");
}

function withMinus(text) {
  return text.replace(/-/g, MINUS);
}
