import { securityHeaders } from '#src/http/plugins/security-headers.ts';

/**
 * What Bull Board's page needs: its own scripts and styles from here, and inline styles (its components set them; the page's own inline script is
 * data, which needs no permission). The fonts that it would fetch from Google are refused: no visit is told to a third party.
 * Referrer-Policy may not be no-referrer as it is elsewhere: browsers then send `Origin: null` with a form, and the Origin is what we check.
 */
export const boardHeaders = securityHeaders({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'", "'unsafe-inline'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'", 'data:'],
      'connect-src': ["'self'"],
      'manifest-src': ["'self'"],
      'base-uri': ["'self'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
    },
  },
  referrerPolicy: { policy: 'same-origin' },
});
