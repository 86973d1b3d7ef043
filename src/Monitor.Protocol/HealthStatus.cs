namespace Monitor.Protocol;

/// <summary>The values of GetHealthResponse.status and HealthPart.status.</summary>
public static class HealthStatus
{
    /// <summary>It does all of its work.</summary>
    public const string Healthy = "healthy";

    /// <summary>It does part of its work; its message says what is missing.</summary>
    public const string Degraded = "degraded";

    /// <summary>It does not do its work.</summary>
    public const string Unhealthy = "unhealthy";
}
