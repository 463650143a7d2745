// SPDX-License-Identifier: Apache-2.0
// Makes gRPC calls over one channel: node client.js ADDRESS CA|- CALLS, where CALLS is JSON:
// {calls: [{kind, message, messages, deadline, metadata}], together: bool}. Prints the results as JSON.
'use strict';
const fs = require('fs');
const grpc = require('@grpc/grpc-js');

const [address, ca, text] = process.argv.slice(2);
const plan = JSON.parse(text);
const keep = (bytes) => bytes;
const credentials = ca === '-' ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(fs.readFileSync(ca));
const client = new grpc.Client(address, credentials, { 'grpc.max_receive_message_length': 64 << 20, 'grpc.enable_retries': 0 });

function metadataOf(call) {
  const metadata = new grpc.Metadata();
  for (const [key, value] of Object.entries(call.metadata || {})) {
    metadata.set(key, key.endsWith('-bin') ? Buffer.from(value) : value);
  }
  return metadata;
}

function make(call) {
  return new Promise((resolve) => {
    const result = { messages: [], bytes: 0, metadata: {} };
    const options = call.deadline ? { deadline: Date.now() + call.deadline } : {};
    const path = `/story.Story/${call.kind}`;
    const hear = (message) => {
      result.bytes += message.length;
      if (result.messages.length < 10) result.messages.push(message.toString().slice(0, 200));
    };
    const whole = (error, message) => { if (message) hear(message); };
    const bytes = call.size ? Buffer.alloc(call.size, 'y') : Buffer.from(call.message || '');
    let running;
    if (call.kind === 'Unary') running = client.makeUnaryRequest(path, keep, keep, bytes, metadataOf(call), options, whole);
    else if (call.kind === 'Collect') running = client.makeClientStreamRequest(path, keep, keep, metadataOf(call), options, whole);
    else if (call.kind === 'Spread') running = client.makeServerStreamRequest(path, keep, keep, bytes, metadataOf(call), options);
    else running = client.makeBidiStreamRequest(path, keep, keep, metadataOf(call), options);
    running.on('metadata', (metadata) => { result.metadata = metadata.getMap(); });
    running.on('status', (status) => {
      resolve({ ...result, code: status.code, details: status.details, trailers: status.metadata.getMap() });
    });
    running.on('error', () => {});
    if (call.kind === 'Spread') running.on('data', hear);
    if (call.kind === 'Collect') {
      for (let i = 0; i < call.count; i += 1) running.write(Buffer.alloc(call.size, 'z'));
      running.end();
    }
    if (call.kind === 'Echo') {
      // Ping-pong: the next message leaves when the one before has come back.
      let at = 0;
      const next = () => { if (at < call.count) { at += 1; running.write(Buffer.from(`ping ${at}`)); } else running.end(); };
      running.on('data', (message) => { hear(message); next(); });
      next();
    }
  });
}

(async () => {
  const results = [];
  if (plan.together) results.push(...await Promise.all(plan.calls.map(make)));
  else for (const call of plan.calls) results.push(await make(call));
  console.log(JSON.stringify(results));
  client.close();
})();
