namespace Monitor.Server;

/// <summary>
/// Ends a stream whose credential does not hold any more. It does not end one for what cannot be checked now.
/// </summary>
internal sealed class AccessLease : IDisposable
{
    private readonly RequestAccess _access;
    private readonly Action _end;
    private readonly ITimer? _timer;
    private volatile bool _isOver;
    private volatile bool _isDisposed;

    /// <param name="access">What the stream was opened with.</param>
    /// <param name="options">How often to look, and the clock.</param>
    /// <param name="end">Ends the stream.</param>
    public AccessLease(RequestAccess access, MonitorServerOptions options, Action end)
    {
        _access = access;
        _end = end;
        var interval = options.Access.RecheckInterval;
        _timer = access.CanEnd ? options.Time.CreateTimer(_ => _ = CheckAsync(), null, interval, interval) : null;
    }

    /// <summary>Whether that is why the stream has ended.</summary>
    public bool IsOver => _isOver;

    public void Dispose()
    {
        _isDisposed = true;
        _timer?.Dispose();
    }

    private async Task CheckAsync()
    {
        try
        {
            // The web server uses what belongs to a request again, for the next one.
            if (!_isDisposed && !await _access.IsStillValidAsync() && !_isDisposed)
            {
                _isOver = true;
                _end();
            }
        }
        catch (Exception over) when (over is ObjectDisposedException or OperationCanceledException)
        {
            // The stream has ended meanwhile.
        }
    }
}
