import { Lexer, Parser, parseDocument } from 'yaml';

/** As in the header of a model: a network of the deepest nesting takes half of them. */
const MOST_LEVELS = 64;

/**
 * The value of YAML; null where the text has none.
 * @throws Error for the first mistake, and for what would be passed over.
 */
export function parseYaml(text: string): unknown {
  refuseDeep(text);
  // Its warnings are about content it would skip, such as an unknown tag.
  const document = parseDocument(text, { logLevel: 'error' });
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake !== undefined) throw mistake;
  return document.toJS() ?? null;
}

/**
 * What makes values of YAML calls itself for each level, and V8 ends the process where a regular expression finds too
 * little room left on the stack to be compiled. This parser keeps the levels in a list.
 */
function refuseDeep(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MOST_LEVELS) throw new Error(`it has more than ${MOST_LEVELS} levels of nesting`);
  }
}
