/** Whether a text is exactly so many bytes in base64. */
export function isBase64Of(text: string, bytes: number): boolean {
  const padding = (3 - (bytes % 3)) % 3;
  const length = 4 * Math.ceil(bytes / 3);
  return (
    text.length === length &&
    text.endsWith('='.repeat(padding)) &&
    /^[A-Za-z\d+/]*$/.test(text.slice(0, length - padding))
  );
}
