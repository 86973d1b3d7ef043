namespace Monitor.Server;

/// <summary>
/// The streams of one HTTP/2 connection whose answer was not sent to its end. The web server keeps a request until then, also where
/// the service has long answered it and the client does not let the answer through. Any thread.
/// </summary>
internal sealed class Http2Streams(LimitedClient client)
{
    private readonly Lock _lock = new();
    private readonly HashSet<int> _open = [];
    private int _highest;
    private bool _isOver;

    /// <summary>Whether the client has more of them open than it may, on all its connections.</summary>
    public bool AreTooMany { get; private set; }

    /// <summary>A client sends headers: of a new stream where the number is above all before, and else trailers.</summary>
    public void Open(int stream)
    {
        lock (_lock)
        {
            if (stream <= _highest || _isOver)
            {
                return;
            }

            _highest = stream;
            _open.Add(stream);
            AreTooMany |= !client.OpenRequest();
        }
    }

    /// <summary>Either side ends a stream.</summary>
    public void Close(int stream)
    {
        lock (_lock)
        {
            if (_open.Remove(stream))
            {
                client.CloseRequest();
            }
        }
    }

    /// <summary>The connection is over, and with it all of them.</summary>
    public void End()
    {
        lock (_lock)
        {
            _isOver = true;
            foreach (var _ in _open)
            {
                client.CloseRequest();
            }

            _open.Clear();
        }
    }
}
