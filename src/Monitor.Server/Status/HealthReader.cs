using Google.Protobuf.WellKnownTypes;
using Monitor.V1;

namespace Monitor.Server;

/// <summary>Says how the server is doing, by how its parts are.</summary>
internal sealed class HealthReader(ProgramReader programs, MonitorServerOptions options)
{
    public const string Healthy = "healthy";
    public const string Degraded = "degraded";
    public const string Unhealthy = "unhealthy";

    private readonly long _started = options.Time.GetTimestamp();

    public async Task<GetHealthResponse> ReadAsync(CancellationToken cancellationToken)
    {
        var all = await programs.ReadAsync(cancellationToken);
        var response = new GetHealthResponse
        {
            Status = StatusOf(all),
            Component = options.Component,
            Uptime = Duration.FromTimeSpan(options.Time.GetElapsedTime(_started)),
            Version = options.Version,
            NodeName = options.NodeName,
        };
        // Programs that nobody asked for are no part of the server.
        response.Parts.AddRange(all.Where(program => program.Status != "disabled").Select(program => PartOf(program, all)));
        response.Parts.Add(new HealthPart { Name = "log", Status = Healthy });
        return response;
    }

    /// <summary>A server none of whose programs runs sees nothing; one that lacks some sees part.</summary>
    private static string StatusOf(IReadOnlyList<Program> programs) =>
        !programs.Any(Runs) ? Unhealthy
        : programs.All(program => program.Status is "active" or "disabled") ? Healthy
        : Degraded;

    private static bool Runs(Program program) => program.Status is "active" or "degraded";

    private static HealthPart PartOf(Program program, IReadOnlyList<Program> all)
    {
        var nodes = all.Select(other => other.NodeName).Distinct().Take(2).Count();
        return new HealthPart
        {
            // Of one node, its name says nothing.
            Name = nodes > 1 ? $"program/{program.NodeName}/{program.Name}" : $"program/{program.Name}",
            Status = program.Status switch { "active" => Healthy, "degraded" => Degraded, _ => Unhealthy },
            Message = program.Error,
        };
    }
}
