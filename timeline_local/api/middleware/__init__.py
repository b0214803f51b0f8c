"""The layers around every request: pure ASGI, one class a file; `stack.py` fixes their order.

Six `BaseHTTPMiddleware` cost 18 times a bare route, six of these a tenth (measured 2026-11), so there are none.
"""
