/** '1 row', '2 rows', '3 classes'. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? '' : /(s|x|ch)$/.test(noun) ? 'es' : 's'}`;
