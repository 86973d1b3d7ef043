using Monitor.V1;

namespace Monitor.Server;

/// <summary>The programs as clients are told of them: in order, and with their rates.</summary>
internal sealed class ProgramReader(IProgramDirectory source, RateSampler rates)
{
    /// <summary>All programs, by node, then by name.</summary>
    public async ValueTask<IReadOnlyList<Program>> ReadAsync(CancellationToken cancellationToken)
    {
        var programs = await source.GetProgramsAsync(cancellationToken);
        foreach (var program in programs)
        {
            program.Counters?.EventsPerSecond = rates.RateOf(program.NodeName, program.Name);
        }

        return [.. programs
            .OrderBy(program => program.NodeName, StringComparer.Ordinal)
            .ThenBy(program => program.Name, StringComparer.Ordinal)];
    }
}
