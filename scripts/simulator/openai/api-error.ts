/** What OpenAI's API answers when it refuses (openai-openapi, ErrorResponse). */
export class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  readonly code: string | null;
  readonly param: string | null;

  constructor(
    status: number,
    message: string,
    { type = 'invalid_request_error', code = null, param = null }: Partial<Pick<ApiError, 'type' | 'code' | 'param'>> = {},
  ) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
    this.type = type;
    this.code = code;
    this.param = param;
  }
}

export const errorBody = ({ message, type, code, param }: ApiError) => ({ error: { message, type, param, code } });

export const rateLimited = () =>
  new ApiError(429, 'Rate limit reached for requests. Please try again in 1s.', { type: 'requests', code: 'rate_limit_exceeded' });

export const quotaExceeded = () =>
  new ApiError(429, 'You exceeded your current quota, please check your plan and billing details.', {
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  });

export const serverError = () =>
  new ApiError(500, 'The server had an error while processing your request. Sorry about that!', { type: 'server_error' });
