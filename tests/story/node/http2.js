// SPDX-License-Identifier: Apache-2.0
// Node's own HTTP/2. `server CERT KEY` answers each request with its method, path and body, and prints its port;
// `client URL CA COUNT BYTES` posts COUNT bodies of BYTES at once over one connection and prints what came back.
'use strict';
const fs = require('fs');
const http2 = require('http2');

function echo(stream, headers) {
  stream.on('error', () => {});
  stream.respond({ ':status': 200, 'x-method': headers[':method'], 'x-path': headers[':path'] }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'reached' }));
  stream.pipe(stream);
}

function serve(cert, key) {
  const server = http2.createSecureServer({ cert: fs.readFileSync(cert), key: fs.readFileSync(key) });
  server.on('stream', echo);
  server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
}

function post(session, path, body) {
  return new Promise((done, fail) => {
    const stream = session.request({ ':method': 'POST', ':path': path });
    const parts = [];
    const answer = { path };
    stream.on('response', (headers) => { answer.status = headers[':status']; answer.sawPath = headers['x-path']; });
    stream.on('trailers', (headers) => { answer.trailer = headers['x-end']; });
    stream.on('data', (part) => parts.push(part));
    stream.on('error', fail);
    stream.on('end', () => { answer.same = Buffer.concat(parts).equals(body); done(answer); });
    stream.end(body);
  });
}

async function ask(url, ca, count, bytes) {
  const session = http2.connect(url, { ca: fs.readFileSync(ca), servername: 'story.test' });
  const body = Buffer.alloc(Number(bytes), 'weir ');
  const answers = await Promise.all(Array.from({ length: Number(count) }, (_, n) => post(session, `/n${n}`, body)));
  console.log(JSON.stringify({ protocol: session.alpnProtocol, answers }));
  session.close();
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'server') serve(...rest);
else ask(...rest).catch((error) => { console.error(error); process.exit(1); });
