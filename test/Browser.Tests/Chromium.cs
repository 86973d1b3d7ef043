using Microsoft.Playwright;

namespace Monitor.Browser.Tests;

/// <summary>Debian's Chromium without a window. Playwright only drives it; it downloads no browser.</summary>
internal sealed class Chromium : IAsyncDisposable
{
    /// <summary>A name that is not this machine's: what a page does on "localhost" only, it must not do here.</summary>
    public const string Host = "monitor.localhost";

    private const string Executable = "/usr/bin/chromium";

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Chromium(IPlaywright playwright, IBrowser browser)
    {
        _playwright = playwright;
        _browser = browser;
    }

    /// <summary>Starts it; where it is not installed, ends the test as ignored.</summary>
    public static async Task<Chromium> StartAsync()
    {
        if (!File.Exists(Executable))
        {
            Assert.Ignore($"{Executable} is missing. Install it: sudo apt-get install chromium");
        }

        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Executable,
            Headless = true,
            Args =
            [
                "--no-sandbox",
                "--disable-gpu",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                $"--host-resolver-rules=MAP {Host} 127.0.0.1",
            ],
        });
        return new Chromium(playwright, browser);
    }

    /// <summary>A tab without history.</summary>
    public Task<IPage> OpenAsync() => _browser.NewPageAsync();

    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }
}
