using Monitor.V1;

namespace Monitor.Server;

/// <summary>Where the server learns of the programs that produce events: the agent's own, or those of all agents.</summary>
public interface IProgramDirectory
{
    /// <summary>
    /// Every program, whether it runs or not, with its counters as they are now. Called about once a second and for
    /// each request, possibly at the same time; it should take well below a millisecond.
    /// </summary>
    /// <param name="cancellationToken">Cancelled when nobody waits for the answer any more.</param>
    /// <returns>
    /// Messages that the caller may keep and change. <see cref="ProgramCounters.EventsPerSecond"/> is filled in by the
    /// server.
    /// </returns>
    ValueTask<IReadOnlyList<Program>> GetProgramsAsync(CancellationToken cancellationToken);
}
