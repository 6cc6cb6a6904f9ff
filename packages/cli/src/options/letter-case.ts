export const camelCase = (word: string): string => word.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
export const kebabCase = (word: string): string => word.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
