import { show } from '@gradloom/core/internal';
import { Tokenizer, TokenParser, TokenType } from '@streamparser/json';
import { MAX_TEXT_RATIO, openBytes } from '../../../system/files/byte-source.ts';
import { readText } from '../../read-text.ts';
import { MAX_RECORD_CHARACTERS } from './csv-records.ts';
import { EXPECTED_ROW, type JsonRow, openJsonRows } from './json-rows.ts';
import {
  fileFault,
  type PartFault,
  partFault,
  TableFileError,
  type TableReader,
  type TableReadOptions,
} from './table-reader.ts';

/**
 * Opens a JSON file that is one array of rows, plain or gzipped: objects by column name, or arrays of cells. It is read
 * in parts, never as a whole.
 */
export const openJsonArray = (path: string, options: TableReadOptions): Promise<TableReader> =>
  openJsonRows(options, partFault(path), () => rowsOf(path));

async function* rowsOf(path: string): AsyncGenerator<readonly JsonRow[]> {
  const fault = fileFault(path);
  const source = await openBytes('readTable', path, 'a JSON file with an array of rows', MAX_TEXT_RATIO);
  const assembler = createRowAssembler(partFault(path));
  const tokenizer = new Tokenizer();
  tokenizer.onToken = assembler.add;
  let unfinishedCharacters = 0; // at least so many came since the end of a row
  /** Runs the tokenizer. Its errors are reworded to name the row. */
  const tokenize = (work: () => void): void => {
    try {
      work();
    } catch (error) {
      if (!(error instanceof Error) || error instanceof TableFileError) throw error;
      throw fault(`invalid JSON in row ${assembler.count() + 1}`, 'an array of rows, [{…}, {…}]', error);
    }
  };
  try {
    for await (const text of readText(source, fault)) {
      tokenize(() => tokenizer.write(text));
      const rows = assembler.drainRows();
      unfinishedCharacters = rows.length === 0 ? unfinishedCharacters + text.length : 0;
      const row = assembler.count() + 1;
      if (unfinishedCharacters > MAX_RECORD_CHARACTERS) {
        throw fault(`more than ${MAX_RECORD_CHARACTERS} characters in row ${row}`, 'a shorter one');
      }
      yield rows;
    }
    tokenize(() => tokenizer.end());
    const row = assembler.count() + 1;
    if (!assembler.isWhole()) throw fault(`no end: row ${row} or the list is cut off`, 'a whole array');
  } finally {
    await source.close();
  }
}

interface Token {
  readonly token: TokenType;
  readonly value: unknown;
}

/** Handles the next token and returns the handler of the one after that. */
type Step = (token: Token) => Step;

/** Assembles rows from the tokens of an array. Each is an object or an array. */
function createRowAssembler(fault: PartFault) {
  let rows: JsonRow[] = [];
  let count = 0; // completed rows
  let fields: Record<string, unknown> = {};
  let cells: unknown[] = [];
  let name = '';

  const syntaxError = ({ value }: Token, valid: string): Error =>
    fault(`row ${count + 1} has ${show(value)} where JSON has ${valid}, expected an array of rows, [{…}, {…}]`);

  /** Parses items up to `close`: `first` handles the first token, `next` the token after an item. */
  const itemsUntil = (close: TokenType, item: () => Step, end: () => Step): { first: Step; next: Step } => ({
    first: (token) => (token.token === close ? end() : item()(token)),
    next(token) {
      if (token.token === TokenType.COMMA) return item();
      if (token.token === close) return end();
      throw syntaxError(token, 'a comma');
    },
  });

  const start: Step = (token) => {
    if (token.token === TokenType.LEFT_BRACKET) return listOfRows.first;
    const advice = '[{…}, {…}] (name a file with a row a line .jsonl)';
    const has = token.token === TokenType.LEFT_BRACE ? 'an object' : show(token.value);
    throw fault(`the file has ${has} at its beginning, expected an array of rows, ${advice}`);
  };
  const row: Step = (token) => {
    if (token.token === TokenType.LEFT_BRACE) {
      fields = Object.create(null); // no prototype, so that __proto__ is a name like any other
      return listOfFields.first;
    }
    if (token.token === TokenType.LEFT_BRACKET) {
      cells = [];
      return listOfCells.first;
    }
    throw fault(`row ${count + 1} has ${show(token.value)}, expected ${EXPECTED_ROW}`);
  };
  const key: Step = (token) => {
    if (token.token !== TokenType.STRING) throw syntaxError(token, 'the name of a column');
    name = String(token.value);
    if (Object.hasOwn(fields, name)) throw fault(`row ${count + 1} has ${show(name)} twice, expected each name once`);
    return colon;
  };
  const colon: Step = (token) => {
    if (token.token === TokenType.COLON) return field;
    throw syntaxError(token, 'a colon');
  };
  const field: Step = (token) =>
    valueFrom(token, (value) => {
      fields[name] = value;
      return listOfFields.next;
    });
  const cell: Step = (token) =>
    valueFrom(token, (value) => {
      cells.push(value);
      return listOfCells.next;
    });
  const finish = (value: unknown): Step => {
    count++;
    rows.push({ location: `row ${count}`, value });
    return listOfRows.next;
  };
  const end: Step = (token) => {
    throw fault(`the file has ${show(token.value)} after its array, expected nothing`);
  };

  const { RIGHT_BRACE, RIGHT_BRACKET } = TokenType;
  const listOfRows = itemsUntil(
    RIGHT_BRACKET,
    () => row,
    () => end,
  );
  const listOfFields = itemsUntil(
    RIGHT_BRACE,
    () => key,
    () => finish(fields),
  );
  const listOfCells = itemsUntil(
    RIGHT_BRACKET,
    () => cell,
    () => finish(cells),
  );

  /** Reads the value that a token begins, a list or an object to its end, and goes on with `then`. */
  const valueFrom = (token: Token, then: (value: unknown) => Step): Step => {
    const { token: kind, value } = token;
    if (kind !== TokenType.LEFT_BRACE && kind !== TokenType.LEFT_BRACKET) {
      if (typeof value === 'string' && kind !== TokenType.STRING) throw syntaxError(token, 'a value');
      return then(value);
    }
    let next: Step | undefined;
    const parser = new TokenParser({ paths: ['$'] });
    parser.onValue = ({ value: rowValue }) => {
      next = then(rowValue);
    };
    const readMore: Step = (part) => {
      parser.write(part as Parameters<typeof parser.write>[0]);
      return next ?? readMore;
    };
    return readMore(token);
  };

  let step = start;
  return {
    add(token: Token): void {
      step = step(token);
    },
    count: () => count,
    isWhole: () => step === end,
    /** Returns the rows completed since the last call. */
    drainRows(): readonly JsonRow[] {
      const finishedRows = rows;
      rows = [];
      return finishedRows;
    },
  };
}
