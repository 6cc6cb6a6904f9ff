import { useEffect, useState } from 'preact/hooks';

/** The reader's light or dark theme. */
export function useScheme(): string {
  const [query] = useState(() => matchMedia('(prefers-color-scheme: dark)'));
  const [isDark, setDark] = useState(query.matches);
  useEffect(() => {
    const onChange = () => setDark(query.matches);
    query.addEventListener('change', onChange);
    return () => query.removeEventListener('change', onChange);
  }, [query]);
  return isDark ? 'dark' : 'light';
}
