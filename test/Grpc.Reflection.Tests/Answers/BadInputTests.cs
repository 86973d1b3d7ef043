using Google.Protobuf;
using Grpc.Core;
using Grpc.Reflection.V1;

namespace Grpc.Reflection.Tests.Answers;

public sealed class BadInputTests(ReflectionVersion version) : ReflectionTests(version)
{
    [Test]
    public async Task Question_Empty_IsAnErrorAndTheStreamGoesOn()
    {
        var error = await AskAsync(new ServerReflectionRequest());
        var next = await AskAsync(new ServerReflectionRequest { ListServices = "" });

        Assert.Multiple(() =>
        {
            Assert.That(error.ErrorResponse.ErrorCode, Is.EqualTo((int)StatusCode.Unimplemented));
            Assert.That(next.ListServicesResponse.Service, Is.Not.Empty);
        });
    }

    // What a later version of the protocol may ask.
    [Test]
    public async Task Question_OfAnotherField_IsAnErrorAndTheStreamGoesOn()
    {
        await Stream.SendAsync([0x62, 1, (byte)'x']);
        var error = await Stream.NextAsync();
        var next = await AskAsync(new ServerReflectionRequest { FileContainingSymbol = "library.v1.Book" });

        Assert.Multiple(() =>
        {
            Assert.That(error!.ErrorResponse.ErrorCode, Is.EqualTo((int)StatusCode.Unimplemented));
            Assert.That(next.FileDescriptorResponse, Is.Not.Null);
        });
    }

    [Test]
    public async Task Name_OfMegabytes_IsNotFoundWithAShortMessage()
    {
        var response = await AskAsync(
            new ServerReflectionRequest { FileContainingSymbol = new string('a', 2 * 1024 * 1024) });

        AssertNotFound(response);
        Assert.That(response.ErrorResponse.ErrorMessage, Has.Length.LessThan(500));
    }

    // The code that the client sees depends on whether the refusal overtakes the rest of the question.
    [Test]
    public async Task Question_LargerThanTheServerTakes_EndsItsCallAlone()
    {
        using var other = OpenStream(TestContext.CurrentContext.CancellationToken);
        var tooLarge = new ServerReflectionRequest { FileContainingSymbol = new string('a', 5 * 1024 * 1024) };

        Assert.That(() => AskAsync(tooLarge), Throws.TypeOf<RpcException>());
        var response = await other.AskAsync(new ServerReflectionRequest { ListServices = "" });

        Assert.That(response.ListServicesResponse.Service, Is.Not.Empty);
    }

    [Test]
    public async Task Question_Malformed_EndsTheCall()
    {
        await Stream.SendAsync([0x22, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]);

        Assert.That(() => Stream.NextAsync(), Throws.TypeOf<RpcException>());
    }

    [Test]
    public async Task Questions_ThousandsAtOnce_AreAllAnsweredInOrder()
    {
        const int Count = 5_000;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < Count; i++)
            {
                var symbol = i % 2 == 0 ? "library.v1.Library" : $"nothing{i}";
                await Stream.SendAsync(
                    new ServerReflectionRequest { Host = $"{i}", FileContainingSymbol = symbol }.ToByteArray());
            }

            await Stream.EndAsync();
        });

        var inOrder = 0;
        while (await Stream.NextAsync() is { } response)
        {
            inOrder += response.ValidHost == $"{inOrder}" && response.FileDescriptorResponse is null == (inOrder % 2 == 1)
                ? 1
                : 0;
        }

        await sending;
        Assert.That(inOrder, Is.EqualTo(Count));
    }

    [Test]
    public async Task Stream_EndedByTheClient_EndsWithOk()
    {
        await AskAsync(new ServerReflectionRequest { ListServices = "" });
        await Stream.EndAsync();

        Assert.That(await Stream.NextAsync(), Is.Null);
        Assert.That(Stream.Status.StatusCode, Is.EqualTo(StatusCode.OK));
    }
}
