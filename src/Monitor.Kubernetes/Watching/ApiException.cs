using System.Net;

namespace Monitor.Kubernetes.Watching;

/// <summary>The API server refused, or what it answered cannot be used.</summary>
internal sealed class ApiException : Exception
{
    public ApiException(string message, HttpStatusCode? status = null, TimeSpan? retryAfter = null)
        : base(message)
    {
        Status = status;
        RetryAfter = retryAfter;
    }

    public ApiException(string message, Exception cause)
        : base(message, cause)
    {
    }

    /// <summary>What it answered; null where the content was the trouble.</summary>
    public HttpStatusCode? Status { get; }

    /// <summary>When it wants to be asked again; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; }

    /// <summary>The version that was asked for is too old.</summary>
    public bool IsGone => Status == HttpStatusCode.Gone;
}
