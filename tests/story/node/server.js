// SPDX-License-Identifier: Apache-2.0
// A gRPC server for stories. Messages are plain bytes: "fail CODE TEXT" fails so, "sleep MS" answers late, anything else
// comes back with the server's name in front. SIGUSR2 changes what the health service says. Prints its port.
'use strict';
const grpc = require('@grpc/grpc-js');

const name = process.argv[2] || 'server';
const keep = (bytes) => bytes;
const method = (path, requestStream, responseStream) => ({
  path, requestStream, responseStream,
  requestSerialize: keep, requestDeserialize: keep, responseSerialize: keep, responseDeserialize: keep,
});
let serving = true;
let cancelled = 0;
process.on('SIGUSR2', () => { serving = !serving; });

function failure(words) {
  const metadata = new grpc.Metadata();
  metadata.set('why', 'told to');
  return { code: Number(words[1]), details: words.slice(2).join(' '), metadata };
}

function unary(call, done) {
  const words = call.request.toString().split(' ');
  call.on('cancelled', () => { cancelled += 1; console.log(`cancelled ${cancelled}`); });
  const metadata = new grpc.Metadata();
  for (const key of ['x-ask', 'x-ask-bin']) {
    for (const value of call.metadata.get(key)) metadata.add(key.replace('ask', 'got'), value);
  }
  call.sendMetadata(metadata);
  const trailer = new grpc.Metadata();
  trailer.set('x-server', name);
  const answer = Buffer.concat([Buffer.from(`${name} `), call.request]);
  if (words[0] === 'sleep') setTimeout(() => done(null, answer, trailer), Number(words[1]));
  else done(null, answer, trailer);
}

function unaryOrFailure(call, done) {
  const words = call.request.toString().split(' ');
  if (words[0] === 'fail') done(failure(words));
  else unary(call, done);
}

function collect(call, done) {
  let count = 0, bytes = 0;
  call.on('data', (message) => { count += 1; bytes += message.length; });
  call.on('end', () => done(null, Buffer.from(`${count} ${bytes}`)));
}

function spread(call) {
  const [count, size] = call.request.toString().split(' ').map(Number);
  let at = 0;
  const more = () => {
    while (at < count) {
      at += 1;
      if (!call.write(Buffer.alloc(size, 'x'))) { call.once('drain', more); return; }
    }
    call.end();
  };
  more();
}

function echo(call) {
  call.on('data', (message) => call.write(message));
  call.on('end', () => call.end());
}

const server = new grpc.Server({ 'grpc.max_receive_message_length': 64 << 20 });
server.addService({
  unary: method('/story.Story/Unary', false, false),
  collect: method('/story.Story/Collect', true, false),
  spread: method('/story.Story/Spread', false, true),
  echo: method('/story.Story/Echo', true, true),
}, { unary: unaryOrFailure, collect, spread, echo });
server.addService({ check: method('/grpc.health.v1.Health/Check', false, false) },
  { check: (call, done) => done(null, Buffer.from([0x08, serving ? 1 : 2])) });
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(`port ${port}`);
});
