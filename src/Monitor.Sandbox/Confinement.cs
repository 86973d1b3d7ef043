using Monitor.Sandbox.SystemCalls;

namespace Monitor.Sandbox;

/// <summary>What binds this process.</summary>
/// <param name="FiltersSystemCalls">Whether it can only make the system calls that it needs.</param>
/// <param name="Notes">Where it is bound less than it could be: why, and the remedy.</param>
public sealed record Confinement(bool FiltersSystemCalls, IReadOnlyList<string> Notes)
{
    /// <summary>Binds this process for good, as far as the system allows it. To be called before it serves anybody.</summary>
    /// <param name="isWanted">Whether to do anything.</param>
    /// <param name="options">What the program does.</param>
    public static Confinement Begin(bool isWanted, SystemCallOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!isWanted)
        {
            return new Confinement(false, ["system calls are not filtered, because --sandbox is false"]);
        }

        try
        {
            SystemCallFilter.Install(options);
        }
        catch (SandboxException failure)
        {
            return new Confinement(false, [$"system calls are not filtered: this system does not allow it ({failure.Message})"]);
        }

        return new Confinement(true, options.RunsHelpers
            ? ["only dangerous system calls are refused, because the kubeconfig names a command, which is bound as well"]
            : []);
    }

    /// <summary>For one line.</summary>
    public string Describe() => $"system calls {(FiltersSystemCalls ? "filtered" : "not filtered")}";
}
