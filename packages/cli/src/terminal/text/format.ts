/** '60,000'; NaN for a damaged value. Written by hand, since Intl takes 5 ms to load. */
export const whole = (value: number): string => String(Math.round(value)).replace(/\B(?=(\d{3}){1,7}$)/g, ',');

/** '97.86 %' or '152.04 %', rounded. Below 1 never rounded up to 100 %. */
export const percent = (share: number): string => {
  if (share === 1) return '100 %';
  const hundredths = Math.round(share * 1e4);
  return `${((share < 1 ? Math.min(9999, hundredths) : hundredths) / 100).toFixed(2)} %`;
};

/** Four significant digits, or all of a large number: '0.07134', '1.200e-7', '184,000,512'. */
export function decimal(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (size < 1e-4 || size >= 1e12) return value.toExponential(3);
  return size >= 1000 ? whole(value) : value.toPrecision(4);
}

/** '820 ms', '8.1 s', '2 min 05 s', '1 h 03 min'. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1000;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(Math.round(seconds) / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.round(seconds) % 60).padStart(2, '0')} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** An estimate of the time left: 'about 20 s left', 'about 3 min left', 'about 1 h 10 min left'. */
export function timeLeft(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `about ${Math.max(1, seconds)} s left`;
  const minutes = Math.round(seconds / 60);
  return `about ${minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`} left`;
}

/** '1 epoch', '2 epochs', '2 leaves'. */
export const plural = (count: number, noun: string): string =>
  `${whole(count)} ${count === 1 ? noun : noun.endsWith('f') ? `${noun.slice(0, -1)}ves` : `${noun}s`}`;

/** The name of a class; in quotes if it is a space or the like, as a token may be. */
export const showLabel = (label: string): string => (label.trim() === '' ? `"${label}"` : label);

export const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The sentence with a capital letter and a full stop. */
export const sentence = (text: string): string => `${capital(text)}.`;
