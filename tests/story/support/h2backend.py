# SPDX-License-Identifier: Apache-2.0
"""A backend that speaks HTTP/2 by prior knowledge, on python3-h2, and does to each stream what it is told to."""
import threading

import h2.config
import h2.connection
import h2.events
import h2.settings

from .backend import Backend


class H2Request:
    def __init__(self, stream, fields, connection):
        self.stream, self.fields, self.connection = stream, fields, connection
        self.body, self.trailers = b"", []

    def get(self, name):
        return next((value for key, value in self.fields if key == name), None)


class H2Connection:
    """What a behaviour gets: answer(...) and the rest of python3-h2 as `speaker`."""

    def __init__(self, raw):
        self.raw, self.lock = raw, threading.RLock()
        self.speaker = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="latin-1"))
        self.open, self.waiting = {}, {}

    def flush(self):
        with self.lock:
            data = self.speaker.data_to_send()
            if data:
                self.raw.send(data)

    def answer(self, request, body=b"ok", status="200", fields=(), trailers=()):
        with self.lock:
            self.speaker.send_headers(request.stream, [(":status", status), *fields], end_stream=not body and not trailers)
            if body or trailers:
                self.waiting[request.stream] = [body, list(trailers)]
                self.pump(request.stream)
        self.flush()

    def pump(self, stream):
        """As much of an answer as its window allows."""
        with self.lock:
            body, trailers = self.waiting[stream]
            while body and (room := min(self.speaker.local_flow_control_window(stream), self.speaker.max_outbound_frame_size)) > 0:
                piece, body = body[:room], body[room:]
                self.speaker.send_data(stream, piece, end_stream=not body and not trailers)
            self.waiting[stream][0] = body
            if not body:
                del self.waiting[stream]
                if trailers:
                    self.speaker.send_headers(stream, trailers, end_stream=True)


class H2Backend(Backend):
    """behave(connection, request) is called when a request is whole; settings are sent first."""

    def __init__(self, behave=None, settings=None, on_head=None):
        self.behave_one, self.settings, self.on_head = behave or (lambda connection, request: connection.answer(request)), settings, on_head
        self.speakers = []
        super().__init__(self._talk)

    def _talk(self, raw):
        connection = H2Connection(raw)
        self.speakers.append(connection)
        if self.settings:
            standard = dict(connection.speaker.local_settings)
            connection.speaker.local_settings = h2.settings.Settings(client=False, initial_values={**standard, **self.settings})
        connection.speaker.initiate_connection()
        connection.flush()
        while data := raw._more():
            with connection.lock:
                for event in connection.speaker.receive_data(data):
                    self._hear(connection, event)
            connection.flush()

    def _hear(self, connection, event):
        if isinstance(event, h2.events.RequestReceived):
            connection.open[event.stream_id] = H2Request(event.stream_id, event.headers, connection)
            if self.on_head:
                self.on_head(connection, connection.open[event.stream_id])
        elif isinstance(event, h2.events.DataReceived):
            if event.stream_id in connection.open:
                connection.open[event.stream_id].body += event.data
            connection.speaker.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, h2.events.TrailersReceived):
            connection.open[event.stream_id].trailers = event.headers
        elif isinstance(event, h2.events.StreamEnded):
            request = connection.open.pop(event.stream_id)
            self.requests.append(request)
            self.behave_one(connection, request)
        elif isinstance(event, h2.events.StreamReset):
            connection.open.pop(event.stream_id, None)
            connection.waiting.pop(event.stream_id, None)
        elif isinstance(event, h2.events.WindowUpdated):
            for stream in [event.stream_id] if event.stream_id else list(connection.waiting):
                if stream in connection.waiting:
                    connection.pump(stream)
