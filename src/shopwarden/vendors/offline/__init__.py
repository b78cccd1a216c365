"""Look-ups that need no network and no key: IP address, user agent, e-mail, phone, postal address."""
