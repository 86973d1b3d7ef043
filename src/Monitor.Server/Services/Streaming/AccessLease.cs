namespace Monitor.Server;

/// <summary>
/// Ends a stream whose credential does not hold any more. It does not end one for what cannot be checked now.
/// </summary>
internal sealed class AccessLease : IDisposable
{
    private readonly RequestAccess _access;
    private readonly DateTimeOffset _since;
    private readonly CancellationTokenSource _stream;
    private readonly ITimer? _timer;
    private volatile bool _isOver;

    public AccessLease(RequestAccess access, MonitorServerOptions options, CancellationTokenSource stream)
    {
        _access = access;
        _since = options.Time.GetUtcNow();
        _stream = stream;
        var interval = options.Access.RecheckInterval;
        _timer = access.CanEnd ? options.Time.CreateTimer(_ => _ = CheckAsync(), null, interval, interval) : null;
    }

    /// <summary>Whether that is why the stream has ended.</summary>
    public bool IsOver => _isOver;

    public void Dispose() => _timer?.Dispose();

    private async Task CheckAsync()
    {
        try
        {
            if (!await _access.IsStillValidAsync(_since))
            {
                _isOver = true;
                await _stream.CancelAsync();
            }
        }
        catch (Exception over) when (over is ObjectDisposedException or OperationCanceledException)
        {
            // The stream has ended meanwhile.
        }
    }
}
