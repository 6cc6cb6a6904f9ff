import { Lexer, Parser, parseDocument } from 'yaml';

/** Maximum number of levels of nesting, as in the header of a model; the deepest network takes half of them. */
const MAX_LEVELS = 64;

/**
 * The value of a YAML text; null if it has none.
 * @throws Error for the first mistake, and for content that the parser would skip.
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
 * Refuses deep nesting before the YAML library composes values: it recurses for each level, and V8 ends the process if
 * a regular expression is compiled with too little stack left. This parser keeps the levels in a list.
 */
function refuseDeep(text: string): void {
  const parser = new Parser();
  for (const lexeme of new Lexer().lex(text)) {
    for (const _ of parser.next(lexeme));
    if (parser.stack.length > MAX_LEVELS) throw new Error(`it has more than ${MAX_LEVELS} levels of nesting`);
  }
}
