import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { AudioFormat, Speech } from '../audio/speech.ts';
import type { Office } from './office.ts';
import type { Recording } from './recording.ts';
import { callRecordingResource, recordingResource } from './recording.ts';
import { notFound } from './rest-error.ts';

const contentTypes: Readonly<Record<AudioFormat, string>> = { mp3: 'audio/mpeg', wav: 'audio/x-wav' };

const page = (uri: string, recordings: readonly unknown[]) => ({
  first_page_uri: `${uri}?PageSize=50&Page=0`,
  end: Math.max(recordings.length - 1, 0),
  previous_page_uri: null,
  recordings,
  uri: `${uri}?PageSize=50&Page=0`,
  page_size: 50,
  start: 0,
  next_page_uri: null,
  page: 0,
});

const html = '<!DOCTYPE html><html><head><title>Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>';

export const recordingRoutes = (app: FastifyInstance, office: Office, speech: Speech): void => {
  const { store, faults, log } = office;

  const find = (sid: string, path: string): Recording => {
    const recording = store.recording(sid);
    if (!recording) throw notFound(path);
    return recording;
  };

  const sendMedia = (request: FastifyRequest, reply: FastifyReply, recording: Recording, format: AudioFormat) => {
    const path = request.url.split('?')[0] ?? '';
    const fault = faults.take('media', { method: 'GET', path, to: recording.to }, ['404', 'empty', 'truncated', 'html', 'wrong-type']);
    const made = recording.status === 'completed' && fault?.kind !== '404';
    const entry = log.add('media', {
      recordingSid: recording.sid,
      callSid: recording.callSid,
      to: recording.to,
      format,
      fault: fault?.kind ?? null,
    });
    entry['status'] = made ? 200 : 404;
    if (!made) throw notFound(path); // also while it is being processed
    if (fault?.kind === 'html') return reply.type('text/html').send(html);
    const audio = fault?.kind === 'empty' ? Buffer.alloc(0) : speech.audio(recording.text, format);
    entry['bytes'] = audio.length;
    return reply
      .type(fault?.kind === 'wrong-type' ? 'application/octet-stream' : contentTypes[format])
      .send(fault?.kind === 'truncated' ? audio.subarray(0, Math.floor(audio.length / 2)) : audio);
  };

  app.get<{ Params: { callSid: string } }>('/Calls/:callSid/Recordings.json', (request) => {
    if (!store.call(request.params.callSid)) throw notFound(request.url);
    return page(request.url.split('?')[0] ?? '', store.recordingsOf(request.params.callSid).map(callRecordingResource));
  });

  app.get<{ Params: { file: string } }>('/Recordings/:file', (request, reply) => {
    const [sid = '', suffix = 'wav'] = request.params.file.split('.');
    const recording = find(sid, request.url);
    if (suffix === 'json') return recordingResource(recording, office.origin());
    if (suffix !== 'mp3' && suffix !== 'wav') throw notFound(request.url);
    return sendMedia(request, reply, recording, suffix);
  });

  app.delete<{ Params: { file: string } }>('/Recordings/:file', (request, reply) => {
    const [sid = ''] = request.params.file.split('.');
    const { callSid, to } = find(sid, request.url);
    store.removeRecording(sid);
    log.add('recording', { recordingSid: sid, callSid, to, status: 'deleted' });
    return reply.code(204).send();
  });
};
