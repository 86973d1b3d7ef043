namespace Monitor.Server;

/// <summary>What the standard variables of OpenTelemetry say of sending metrics.</summary>
public static class OtlpVariables
{
    private static readonly string[] OfFiles =
    [
        "OTEL_EXPORTER_OTLP_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_CLIENT_KEY",
        "OTEL_EXPORTER_OTLP_METRICS_CERTIFICATE", "OTEL_EXPORTER_OTLP_METRICS_CLIENT_CERTIFICATE", "OTEL_EXPORTER_OTLP_METRICS_CLIENT_KEY",
    ];

    /// <summary>Whether they ask for metrics to be sent.</summary>
    public static bool AreSet => IsWanted(Environment.GetEnvironmentVariable);

    /// <summary>The files that they name, which sending reads.</summary>
    public static IReadOnlyList<string> Files => AreSet ? [.. OfFiles.Select(Environment.GetEnvironmentVariable).OfType<string>().Where(File.Exists)] : [];

    /// <summary>Whether they ask for it.</summary>
    /// <param name="variable">Reads one.</param>
    internal static bool IsWanted(Func<string, string?> variable) =>
        (variable("OTEL_EXPORTER_OTLP_ENDPOINT") is { Length: > 0 } || variable("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT") is { Length: > 0 }
            || variable("OTEL_METRICS_EXPORTER") == "otlp")
        && variable("OTEL_METRICS_EXPORTER") is null or "" or "otlp"
        && !string.Equals(variable("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase);
}
