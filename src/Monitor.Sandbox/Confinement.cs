using Monitor.Sandbox.Files;
using Monitor.Sandbox.SystemCalls;

namespace Monitor.Sandbox;

/// <summary>What binds this process.</summary>
/// <param name="FiltersSystemCalls">Whether it can only make the system calls that it needs.</param>
/// <param name="RestrictsFiles">Whether it can only open the files that it needs.</param>
/// <param name="RestrictsPorts">Whether it can only listen at its TCP ports.</param>
/// <param name="Notes">Where it is bound less than it could be: why, and the remedy.</param>
public sealed record Confinement(bool FiltersSystemCalls, bool RestrictsFiles, bool RestrictsPorts, IReadOnlyList<string> Notes)
{
    /// <summary>Nothing binds it.</summary>
    public static Confinement None { get; } = new(false, false, false, []);

    /// <summary>Binds this process for good, as far as the system allows it. To be called before it serves anybody.</summary>
    /// <param name="isWanted">Whether to do anything.</param>
    /// <param name="options">What the program does.</param>
    /// <param name="filesProblem">Why its files are not restricted, as far as the program knows; null where they should be. They
    /// are by a <see cref="FileRestriction"/> when this image starts, or never.</param>
    public static Confinement Begin(bool isWanted, SystemCallOptions options, string? filesProblem)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (!isWanted)
        {
            return None with { Notes = ["system calls and files are not restricted, because --sandbox is false"] };
        }

        var notes = new List<string>();
        // The filter refuses to ask.
        var (restrictsFiles, restrictsPorts) = (FileRestriction.IsInForce, FileRestriction.KnowsPorts);
        if (!restrictsFiles)
        {
            notes.Add($"files are not restricted: {filesProblem ?? "this system does not allow it"}");
        }

        var filters = true;
        try
        {
            SystemCallFilter.Install(options);
        }
        catch (SandboxException failure)
        {
            filters = false;
            notes.Add($"system calls are not filtered: this system does not allow it ({failure.Message})");
        }

        if (filters && options.RunsHelpers)
        {
            notes.Add("only dangerous system calls are refused, because the kubeconfig names a command, which is bound as well");
        }

        return new Confinement(filters, restrictsFiles, restrictsFiles && restrictsPorts, notes);
    }

    /// <summary>For one line.</summary>
    public string Describe() =>
        $"system calls {(FiltersSystemCalls ? "filtered" : "not filtered")}, "
        + (RestrictsPorts ? "files and ports restricted" : RestrictsFiles ? "files restricted" : "files not restricted");
}
