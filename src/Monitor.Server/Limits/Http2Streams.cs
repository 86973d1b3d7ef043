namespace Monitor.Server;

/// <summary>
/// The streams of one HTTP/2 connection whose answer was not sent to its end. The web server keeps a request until then, also where
/// the service has long answered it and the client does not let the answer through. A feature of the connection, and so of its
/// requests. Any thread.
/// </summary>
/// <param name="client">Whose they are.</param>
/// <param name="patience">How long an answer may take to be let through, once the service has given it.</param>
/// <param name="time">The clock.</param>
/// <param name="giveUp">Closes the connection, where one takes longer.</param>
internal sealed class Http2Streams(LimitedClient client, TimeSpan patience, TimeProvider time, Action giveUp)
{
    private readonly Lock _lock = new();

    // With when they were answered; null while they are not.
    private readonly Dictionary<int, long?> _open = [];
    private readonly HashSet<int> _refused = [];
    private ITimer? _timer;
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
            _open.Add(stream, null);
            var (isTooMany, isRefused) = client.OpenRequest();
            AreTooMany |= isTooMany;
            if (isRefused)
            {
                _refused.Add(stream);
            }
        }
    }

    /// <summary>Whether a request is not to be looked at, because all clients together have too many open.</summary>
    public bool IsRefused(int stream)
    {
        lock (_lock)
        {
            return _refused.Remove(stream);
        }
    }

    /// <summary>The service has given its answer, or refused one.</summary>
    public void Answer(int stream)
    {
        lock (_lock)
        {
            if (!_isOver && _open.ContainsKey(stream))
            {
                _open[stream] = time.GetTimestamp();
                _timer ??= time.CreateTimer(_ => Look(), null, patience, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <summary>Either side ends a stream.</summary>
    public void Close(int stream)
    {
        lock (_lock)
        {
            _refused.Remove(stream);
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
            _timer?.Dispose();
            foreach (var _ in _open)
            {
                client.CloseRequest();
            }

            _open.Clear();
            _refused.Clear();
        }
    }

    private void Look()
    {
        lock (_lock)
        {
            _timer?.Dispose();
            _timer = null;
            var answered = _open.Values.OfType<long>().ToList();
            if (_isOver || answered.Count == 0)
            {
                return;
            }

            var left = patience - time.GetElapsedTime(answered.Min());
            if (left > TimeSpan.Zero)
            {
                _timer = time.CreateTimer(_ => Look(), null, left, Timeout.InfiniteTimeSpan);
                return;
            }
        }

        giveUp();
    }
}
