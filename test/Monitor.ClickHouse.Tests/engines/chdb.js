// A current engine of ClickHouse, chDB, behind as much of ClickHouse's HTTP interface as the driver needs:
//   node chdb.js PORT FOLDER USER PASSWORD
// Over TLS where ENGINE_CERTIFICATE and ENGINE_KEY name files. What is tested through it is the SQL, the formats and the tables of the engine; of the HTTP interface only what is here.
'use strict';
const fs = require('fs');
const http = require('http');
const https = require('https');
const path = require('path');
const { Session } = require(process.env.CHDB_MODULE || 'chdb');

const [port, folder, user, password] = process.argv.slice(2);
const session = new Session(path.join(folder, 'data'));
const credentials = 'Basic ' + Buffer.from(`${user}:${password}`).toString('base64');
// Parameters of the interface itself; all others are settings of the query.
const own = new Set(['query', 'query_id', 'database', 'default_format', 'enable_http_compression', 'wait_end_of_query']);
let inserts = 0;
let turn = Promise.resolve();

const quote = text => "'" + text.replace(/\\/g, '\\\\').replace(/'/g, "\\'") + "'";

async function run(parameters, body) {
  let query = parameters.get('query') || '';
  let rows = body;
  if (!query) {
    query = body.toString('utf8');
    rows = Buffer.alloc(0);
  }

  if (parameters.get('database')) {
    await session.queryAsync(`USE ${parameters.get('database')}`);
  }

  const settings = [...parameters.keys()].filter(name => !own.has(name) && !name.startsWith('param_'));
  for (const name of settings) {
    await session.queryAsync(`SET ${name} = ${quote(parameters.get(name))}`);
  }

  // The text of a parameter is what follows param_NAME= in a URL of ClickHouse too: escaped as in TabSeparated.
  for (const [name, value] of parameters) {
    if (name.startsWith('param_')) {
      await session.queryAsync(`SET ${name} = ${quote(value)}`);
    }
  }

  try {
    if (/^\s*INSERT\s/i.test(query)) {
      const file = path.join(folder, `insert-${++inserts}`);
      fs.writeFileSync(file, rows);
      try {
        await session.queryAsync(query.replace(/\sFORMAT\s+(\w+)\s*$/i, ` FROM INFILE ${quote(file)} FORMAT $1`));
      } finally {
        fs.unlinkSync(file);
      }

      return Buffer.alloc(0);
    }

    const format = parameters.get('default_format') || 'TabSeparated';
    return Buffer.from((await session.queryAsync(query, { format })).bytes());
  } finally {
    for (const name of settings) {
      await session.queryAsync(`SET ${name} = DEFAULT`);
    }
  }
}

// The parameters of a form, after those of the URL.
function readForm(type, body, parameters) {
  const boundary = /boundary="?([^";]+)/.exec(type)[1];
  for (const part of body.toString('utf8').split(`--${boundary}`).slice(1, -1)) {
    const head = part.indexOf('\r\n\r\n');
    const name = /name="?([^"\r\n;]+)/.exec(part.slice(0, head))[1];
    parameters.append(name, part.slice(head + 4, -2));
  }
}

function answer(request, response, body) {
  const parameters = new URL(request.url, 'http://localhost').searchParams;
  const type = request.headers['content-type'] || '';
  if (request.url === '/ping') {
    response.end('Ok.\n');
    return Promise.resolve();
  }

  if (request.headers.authorization !== credentials) {
    response.writeHead(403, { 'X-ClickHouse-Exception-Code': '516' });
    response.end(`Code: 516. DB::Exception: ${user}: Authentication failed. (AUTHENTICATION_FAILED)`);
    return Promise.resolve();
  }

  if (type.startsWith('multipart/form-data')) {
    readForm(type, body, parameters);
  }

  return run(parameters, body).then(
    result => response.end(result),
    failure => {
      const code = /Code: (\d+)/.exec(failure.message);
      response.writeHead(500, { 'X-ClickHouse-Exception-Code': code ? code[1] : '1' });
      response.end(failure.message);
    });
}

// One query after the other: settings and parameters are those of the session.
function take(request, response) {
  const parts = [];
  request.on('data', part => parts.push(part));
  request.on('end', () => { turn = turn.then(() => answer(request, response, Buffer.concat(parts))); });
}

const { ENGINE_CERTIFICATE: certificate, ENGINE_KEY: key } = process.env;
const server = certificate
  ? https.createServer({ cert: fs.readFileSync(certificate), key: fs.readFileSync(key) }, take)
  : http.createServer(take);
server.listen(Number(port), '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
