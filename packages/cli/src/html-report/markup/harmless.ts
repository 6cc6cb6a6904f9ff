/** Whether an attribute of this name does more than describe its element: runs, styles or loads. */
export const isActive = (name: string): boolean =>
  !/^[a-z][a-z\d-]*$/i.test(name) || /^(?:on.*|style|src.*|href|.*action|http-equiv|content)$/i.test(name);

/** Whether an attribute's value points anywhere but to a part of the same drawing. */
export const loads = (value: string): boolean => /url\s*\((?!#[\w-]+\)$)/i.test(value);
