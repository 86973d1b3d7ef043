using Google.Protobuf.WellKnownTypes;
using Monitor.Events;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Says how the server is doing, by how its parts are.</summary>
internal sealed class HealthReader(
    ProgramReader programs,
    AgentsReader agents,
    Func<IEnumerable<HealthPart>> otherParts,
    AccessHealth access,
    HistoryReader history,
    EventLog log,
    MonitorServerOptions options)
{
    public const string Healthy = HealthStatus.Healthy;
    public const string Degraded = HealthStatus.Degraded;
    public const string Unhealthy = HealthStatus.Unhealthy;

    private readonly long _started = options.Time.GetTimestamp();

    public async Task<GetHealthResponse> ReadAsync(CancellationToken cancellationToken)
    {
        var (status, parts) = agents.Directory is null ? await ProgramsAsync(cancellationToken) : agents.Health();
        var others = otherParts().Concat(access.Parts()).Concat(history.Parts()).ToList();
        var response = new GetHealthResponse
        {
            Status = status == Healthy && others.Any(part => part.Status != Healthy) ? Degraded : status,
            Component = options.Component,
            Uptime = Duration.FromTimeSpan(options.Time.GetElapsedTime(_started)),
            Version = options.Version,
            NodeName = options.NodeName,
            Time = Timestamp.FromDateTimeOffset(options.Time.GetUtcNow()),
            Epoch = BootEpoch.Format(log.Epoch),
        };
        response.Parts.AddRange(parts);
        response.Parts.AddRange(others);
        response.Parts.Add(new HealthPart { Name = "log", Status = Healthy });
        return response;
    }

    private async Task<(string Status, IReadOnlyList<HealthPart> Parts)> ProgramsAsync(CancellationToken cancellationToken)
    {
        var all = await programs.ReadAsync(cancellationToken);
        // Disabled programs are not part of the server.
        return (StatusOf(all), [.. all.Where(program => program.Status != ProgramStatus.Disabled).Select(PartOf)]);
    }

    /// <summary>Unhealthy: no program runs, so the server sees nothing. Degraded: some do not run.</summary>
    private static string StatusOf(IReadOnlyList<Program> programs) =>
        !programs.Any(Runs) ? Unhealthy
        : programs.All(program => program.Status is ProgramStatus.Active or ProgramStatus.Waiting or ProgramStatus.Disabled) ? Healthy
        : Degraded;

    private static bool Runs(Program program) =>
        program.Status is ProgramStatus.Active or ProgramStatus.Waiting or ProgramStatus.Degraded;

    private static HealthPart PartOf(Program program) => new()
    {
        Name = $"program/{program.Name}",
        Status = program.Status switch
        {
            ProgramStatus.Active or ProgramStatus.Waiting => Healthy,
            ProgramStatus.Degraded => Degraded,
            _ => Unhealthy,
        },
        Message = program.Error,
    };
}
