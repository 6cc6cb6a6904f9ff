/** Whether an attribute can run, style or load something. */
export const isActive = (name: string): boolean =>
  !/^[a-z][a-z\d-]*$/i.test(name) || /^(?:on.*|style|src.*|href|.*action|http-equiv|content)$/i.test(name);

/** Whether the value of an attribute points outside of its drawing. */
export const loads = (value: string): boolean => /url\s*\((?!#[\w-]+\)$)/i.test(value);
