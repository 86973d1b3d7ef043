using System.Diagnostics;

namespace Kubernetes.Tests;

/// <summary>Runs commands to their end.</summary>
internal static class Shell
{
    // Building the programs of a cluster takes three minutes where nothing else runs.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(30);

    /// <summary>The root of the repository.</summary>
    public static string Repository { get; } = FindRepository();

    public static Task<Finished> RunAsync(string file, params string[] arguments) => RunAsync([], file, arguments);

    /// <param name="environment">Variables besides those of this process.</param>
    /// <param name="file">The command; a relative path is of the repository.</param>
    /// <param name="arguments">Its arguments.</param>
    public static async Task<Finished> RunAsync(
        Dictionary<string, string> environment, string file, params string[] arguments)
    {
        var start = new ProcessStartInfo(file.Contains('/', StringComparison.Ordinal) ? Path.Combine(Repository, file) : file, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            WorkingDirectory = Repository,
        };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var error = process.StandardError.ReadToEndAsync();
        try
        {
            await process.WaitForExitAsync().WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            process.Kill();
            throw new AssertionException($"{file} {string.Join(' ', arguments)} did not end in {Patience}");
        }

        return new Finished(process.ExitCode, (await output).Trim(), (await error).Trim());
    }

    private static string FindRepository()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "build.sh")))
        {
            folder = folder.Parent ?? throw new InvalidOperationException($"{AppContext.BaseDirectory} is not below the repository");
        }

        return folder.FullName;
    }
}
