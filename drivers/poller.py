"""PLACEHOLDER for integration."""
import asyncio
from drivers.plan import plan
from drivers.codec import decode
from drivers.reading import Reading, Quality
from drivers.bus import DeviceFault
class Poller:
    def __init__(self, bus_id, bus, devices, emit, clock, *, stale):
        self.id,self.bus,self.devices,self.emit,self.clock=bus_id,bus,devices,emit,clock
        self.wants={}; self.applied={}; self.wake=asyncio.Event(); self.up=None; self.polls=0; self.errors=0
    def want(self, o, on): self.wants[o]=on; self.wake.set()
    async def job(self, id): return await self.once(id), []
    async def once(self, id):
        d=next(x for x in self.devices if x.id==id)
        return await self._read(d)
    async def _read(self, d):
        self.polls+=1
        try:
            img={}; 
            for r in plan(d.profile):
                v=await self.bus.read(d.unit, r.space, r.address, r.count)
                img.update({(r.space, r.address+i): x for i,x in enumerate(v)})
            self.link(True)
            return decode(d, [c.id for c in d.profile.channels], img, self.clock.now())
        except DeviceFault as e:
            self.errors+=1
            return tuple(Reading(d.point(c.id), None, Quality.FAULT, self.clock.now(), e.text) for c in d.profile.channels)
    def link(self, up):
        if up!=self.up:
            self.up=up; self.emit((Reading(f"{self.id}/link", float(up), Quality.GOOD, self.clock.now()),))
    async def outputs(self):
        for o,on in list(self.wants.items()):
            if self.applied.get(o)==on: continue
            dev,_,name=o.partition("/"); d=next(x for x in self.devices if x.id==dev); out=next(x for x in d.profile.outputs if x.id==name)
            try:
                await self.bus.write(d.unit, out.function, out.address, (out.on if on else out.off,)); self.applied[o]=on
            except DeviceFault: pass
    async def run(self):
        due={d.id:0 for d in self.devices}
        while True:
            await self.outputs(); self.wake.clear()
            now=self.clock.now().mono; ok=0
            for d in self.devices:
                if due[d.id]<=now:
                    due[d.id]=now+d.period
                    rs=await self._read(d); self.emit(rs)
                    await self.outputs()
            try:
                async with asyncio.timeout(0.1): await self.wake.wait()
            except TimeoutError: pass
    def state(self): return {"up": self.up, "load": 0.0, "errors": self.errors, "polls": self.polls}
    async def close(self): await self.bus.close()
