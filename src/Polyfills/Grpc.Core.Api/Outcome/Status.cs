namespace Grpc.Core;

/// <summary>What became of a call: a code and, for people, a detail. Immutable.</summary>
public struct Status
{
    /// <summary>OK without a detail.</summary>
    public static readonly Status DefaultSuccess = new(StatusCode.OK, "");

    /// <summary>Cancelled without a detail.</summary>
    public static readonly Status DefaultCancelled = new(StatusCode.Cancelled, "");

    /// <summary>A status as it goes over the wire.</summary>
    /// <param name="statusCode">The code.</param>
    /// <param name="detail">The detail, a message for people; may be empty.</param>
    public Status(StatusCode statusCode, string detail)
        : this(statusCode, detail, null)
    {
    }

    /// <summary>A status with the exception that led to it on this side.</summary>
    /// <param name="statusCode">The code.</param>
    /// <param name="detail">The detail, a message for people; may be empty.</param>
    /// <param name="debugException">The exception, for diagnosis only; it never goes over the wire.</param>
    public Status(StatusCode statusCode, string detail, Exception? debugException)
    {
        StatusCode = statusCode;
        Detail = detail;
        DebugException = debugException;
    }

    /// <summary>The code.</summary>
    public StatusCode StatusCode { get; }

    /// <summary>The detail, a message for people; may be empty.</summary>
    public string Detail { get; }

    /// <summary>
    /// The exception on this side that led to the status, or <see langword="null"/> where there is none, as for any
    /// status that the other side sent.
    /// </summary>
    public Exception? DebugException { get; }

    /// <summary>All parts in one line, for logs.</summary>
    /// <returns><c>Status(StatusCode="NotFound", Detail="no such thing")</c>, and the exception if any.</returns>
    public override readonly string ToString() =>
        DebugException is null
            ? $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\")"
            : $"Status(StatusCode=\"{StatusCode}\", Detail=\"{Detail}\", " +
              $"DebugException=\"{DebugException.GetType()}: {DebugException.Message}\")";
}
