namespace Monitor.Bpf;

/// <summary>
/// Where libbpf's messages go: to whoever listens here, and into the exception of the operation that caused them;
/// never to standard error.
/// </summary>
public static class BpfLog
{
    /// <summary>
    /// Called with every message, on the thread that works with libbpf, while that call runs: it must be quick and
    /// must not call into this library. Null: nobody listens. What it throws is swallowed.
    /// </summary>
    public static Action<BpfMessage>? Listener { get; set; }

    internal static void Publish(in BpfMessage message) => Listener?.Invoke(message);
}
