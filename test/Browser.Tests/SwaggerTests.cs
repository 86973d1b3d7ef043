using System.Text.Json;
using Microsoft.Playwright;

namespace Monitor.Browser.Tests;

/// <summary>Swagger UI as a person uses it.</summary>
[TestFixture]
internal sealed class SwaggerTests
{
    [Test]
    public async Task Swagger_TryItOutOfListEvents_ShowsAnEvent()
    {
        await using var chromium = await Chromium.StartAsync();
        await using var server = await LocalServer.StartAsync();
        var page = await chromium.OpenAsync();
        var troubles = Watch(page, server.Origin);

        await page.GotoAsync(server.Origin + "/");
        await page.GetByRole(AriaRole.Link, new() { NameString = "Try the API in Swagger UI" }).ClickAsync();
        var operation = page.Locator("#operations-EventService-EventService_ListEvents");
        await operation.Locator(".opblock-summary").ClickAsync();
        await operation.Locator(".try-out__btn").ClickAsync();
        await operation.Locator("tr[data-param-name=limit] input").FillAsync("1");
        var response = await page.RunAndWaitForResponseAsync(
            () => operation.Locator("button.execute").ClickAsync(),
            answered => answered.Url.Contains("/api/events?", StringComparison.Ordinal));
        var shown = operation.Locator(".live-responses-table .response .response-col_status");
        await shown.WaitForAsync();

        Assert.That(response.Url, Is.EqualTo($"{server.Origin}/api/events?limit=1"));
        Assert.That(response.Status, Is.EqualTo(200));
        Assert.That(JsonDocument.Parse(await response.TextAsync()).RootElement.GetProperty("total_count").GetInt32(), Is.EqualTo(5));
        Assert.That(await shown.InnerTextAsync(), Does.StartWith("200"));
        Assert.That(troubles, Is.Empty);
    }

    [Test]
    public async Task Swagger_EachOperation_OpensWithItsParameters()
    {
        await using var chromium = await Chromium.StartAsync();
        await using var server = await LocalServer.StartAsync();
        var page = await chromium.OpenAsync();
        var troubles = Watch(page, server.Origin);

        await page.GotoAsync(server.Origin + "/swagger");
        var operations = page.Locator(".opblock");
        await operations.First.WaitForAsync();
        var count = await operations.CountAsync();
        for (var i = 0; i < count; i++)
        {
            await operations.Nth(i).Locator(".opblock-summary").ClickAsync();
            await operations.Nth(i).Locator(".responses-inner").WaitForAsync();
        }

        Assert.That(count, Is.GreaterThanOrEqualTo(5));
        Assert.That(await page.Locator("tr[data-param-name=k8s_pod_name]").CountAsync(), Is.GreaterThanOrEqualTo(2));
        Assert.That(await page.Locator(".errors-wrapper").CountAsync(), Is.Zero);
        Assert.That(troubles, Is.Empty);
    }

    /// <summary>Collects requests that leave the server, or fail, and errors of the page's scripts.</summary>
    private static List<string> Watch(IPage page, string origin)
    {
        var troubles = new List<string>();
        page.Request += (_, request) =>
        {
            if (!request.Url.StartsWith(origin + "/", StringComparison.Ordinal)
                && !request.Url.StartsWith("data:", StringComparison.Ordinal))
            {
                troubles.Add("asked elsewhere: " + request.Url);
            }
        };
        page.Response += (_, response) =>
        {
            if (!response.Ok && response.Status is < 300 or >= 400)
            {
                troubles.Add($"{response.Status} for {response.Url}");
            }
        };
        page.PageError += (_, error) => troubles.Add("script error: " + error);
        return troubles;
    }
}
