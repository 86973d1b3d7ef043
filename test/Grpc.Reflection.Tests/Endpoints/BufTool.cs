using System.Diagnostics;

namespace Grpc.Reflection.Tests.Endpoints;

/// <summary>The command line client buf, which nobody here wrote and which knows services by reflection alone.</summary>
internal static class BufTool
{
    private const string Path = "artifacts/tools/node_modules/.bin/buf";

    /// <summary>Runs <c>buf curl</c>; gives its output. Skips the test where the tool is not installed.</summary>
    public static async Task<string> CurlAsync(CancellationToken cancellationToken, params IEnumerable<string> arguments)
    {
        var tool = Find();
        if (tool is null)
        {
            Assert.Ignore($"buf is not installed: no {Path} in a folder above the tests.");
        }

        var start = new ProcessStartInfo(tool, ["curl", "--http2-prior-knowledge", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var errors = await process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            Assert.That(process.ExitCode, Is.Zero, errors);
            return await output;
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    private static string? Find()
    {
        var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory);
        for (; folder is not null; folder = folder.Parent)
        {
            var candidate = System.IO.Path.Combine(folder.FullName, Path);
            if (File.Exists(candidate))
            {
                return candidate;
            }
        }

        return null;
    }
}
